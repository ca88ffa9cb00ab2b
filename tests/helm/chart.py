"""The chart of deploy/helm/, as `helm template` renders it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.pages import ROOT, yaml_of

CHART = ROOT / "deploy" / "helm"
HELM = Path(sys.executable).with_name("helm")
KNOWN: dict[str, Any] = yaml_of("deploy/helm/files/environment.yaml")
PARTS: dict[str, dict[str, list[str]]] = KNOWN["parts"]
NAME = "shop-chatmount"
SECRETS = "/run/secrets/chatmount"

USUAL: dict[str, Any] = {
    "settings": {"CHATMOUNT_QDRANT_URL": "http://qdrant:6333"},
    "secret": {
        "variables": {
            "CHATMOUNT_DATABASE_URL": "postgresql+asyncpg://chatmount:secret@db/chatmount",
            "CHATMOUNT_REDIS_URL": "redis://redis:6379/0",
        }
    },
}
"""The least that an installation has to say."""

EVERYTHING: dict[str, Any] = {
    "image": {"pullSecrets": [{"name": "registry"}]},
    "settings": {
        variable: "given" for group in KNOWN["groups"].values() for variable in group if variable not in KNOWN["secret"]
    },
    "secret": {
        "variables": dict.fromkeys(KNOWN["secret"], "secret"),
        "files": {**dict.fromkeys(KNOWN["own"], "given"), "signing.key": "k" * 64},
    },
    "tls": {"secretName": "public"},
    "internalTls": {"secretName": "internal"},
    "defaults": {
        "autoscaling": {"enabled": True, "metric": "in_flight", "target": 20},
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "chat", "operator": "Exists"}],
        "podAnnotations": {"seen": "yes"},
        "podLabels": {"team": "help"},
    },
    "service": {"type": "LoadBalancer", "annotations": {"a": "b"}},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "hosts": ["chat.example.com"],
        "tls": [{"secretName": "public", "hosts": ["chat.example.com"]}],
    },
    "podMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
}


def helm(values: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
    """`helm template` with these values."""
    return subprocess.run(
        [str(HELM), "template", "shop", str(CHART), "--values", "-"],
        input=yaml.safe_dump(values),
        capture_output=True,
        text=True,
    )


def rendered(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The manifests with these values."""
    done = helm(values)
    assert done.returncode == 0, done.stderr
    return [manifest for manifest in yaml.load_all(done.stdout, yaml.CSafeLoader) if manifest]


def of_kind(manifests: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    """Those of a kind, by name."""
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] == kind}


def pods(manifests: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What Deployments and Jobs say of their pods."""
    for manifest in manifests:
        if manifest["kind"] in {"Deployment", "Job"}:
            yield manifest["spec"]["template"]["spec"]


def containers(manifests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """All containers, by the part that they are."""
    return {container["name"]: container for pod in pods(manifests) for container in pod["containers"]}


def environment(container: dict[str, Any]) -> dict[str, str]:
    """The variables of a container; those of a Secret as the Secret's name."""
    return {
        each["name"]: each["value"] if "value" in each else each["valueFrom"]["secretKeyRef"]["name"]
        for each in container["env"]
    }


def files(manifests: list[dict[str, Any]], part: str) -> dict[str, str]:
    """The files of a part's container, and the Secrets that they are from."""
    volumes = {volume["name"]: volume for pod in pods(manifests) for volume in pod["volumes"]}
    volume = volumes.get(f"secrets-of-{part}", {"projected": {"sources": []}})
    return {
        item["path"]: source["secret"]["name"]
        for source in volume["projected"]["sources"]
        # Without a list a container would see the whole Secret.
        for item in source["secret"]["items"]
    }
