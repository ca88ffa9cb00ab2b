"""The Helm chart, compared with Kubernetes' schemas, with compose.yaml and with the code that it starts."""

import base64
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from services.cli.processes import PROCESSES, WEB
from services.config.settings import Settings, load_settings
from services.edge.settings import ADMIN
from services.trust.secret_file import read_secrets
from tests.cli.compose_file import environment as composed_environment
from tests.cli.test_compose_variables import PUBLISHED
from tests.helm.chart import (
    CHART,
    EVERYTHING,
    KNOWN,
    NAME,
    PARTS,
    SECRETS,
    USUAL,
    containers,
    environment,
    files,
    helm,
    of_kind,
    pods,
    rendered,
)
from tests.pages import ROOT

OLDEST, NEWEST = "1.27", kubernetes_validate.latest_version()
FILES: dict[str, str] = KNOWN["files"]


@pytest.fixture(scope="module")
def usual() -> list[dict[str, Any]]:
    return rendered(USUAL)


@pytest.fixture(scope="module")
def everything() -> list[dict[str, Any]]:
    return rendered(EVERYTHING)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_what_is_rendered_is_valid(version: str, usual: list[dict[str, Any]], everything: list[dict[str, Any]]) -> None:
    assert f'kubeVersion: ">={OLDEST}.' in (CHART / "Chart.yaml").read_text("utf-8")
    for manifest in usual + everything:
        # A type of the Prometheus operator, of which Kubernetes has no schema.
        if manifest["kind"] != "PodMonitor":
            kubernetes_validate.validate(manifest, version, strict=True)
    assert {manifest["kind"] for manifest in everything} > {manifest["kind"] for manifest in usual}


def test_each_part_is_told_what_compose_tells_it(everything: list[dict[str, Any]]) -> None:
    parts = containers(everything)
    assert set(parts) == set(PARTS)
    for part, container in parts.items():
        assert set(environment(container)) == set(composed_environment(part)) - PUBLISHED, part


def test_secrets_are_in_no_manifest_but_secrets(everything: list[dict[str, Any]]) -> None:
    for part, container in containers(everything).items():
        told = environment(container)
        for variable in set(told) & set(KNOWN["secret"]):
            assert told[variable] in {NAME, f"{NAME}-prepare"}, (part, variable)
        given = {variable: f"{SECRETS}/{file}" for file, variable in FILES.items() if variable in told}
        assert {variable: told[variable] for variable in given} == given
        assert set(files(everything, part)) == {file for file, variable in FILES.items() if variable in told}


def test_web_is_given_nothing_that_signs(usual: list[dict[str, Any]], everything: list[dict[str, Any]]) -> None:
    assert files(usual, WEB) == {}
    given = files(everything, WEB)
    assert {file for file, secret in given.items() if secret != "internal"} == {"otlp-ca.crt", "otlp.crt", "otlp.key"}
    told = environment(containers(everything)[WEB])
    # The collector's key.
    assert [variable for variable, value in told.items() if value == NAME] == ["OTEL_EXPORTER_OTLP_HEADERS"]
    mounts = {mount["mountPath"]: mount for mount in containers(usual)[WEB]["volumeMounts"]}
    assert mounts["/var/lib/chatmount/web"]["readOnly"]
    assert SECRETS not in mounts


def settings_of(container: dict[str, Any]) -> Settings:
    secrets = dict.fromkeys((NAME, f"{NAME}-prepare"), USUAL["secret"]["variables"])
    return load_settings(
        {
            name: secrets[value].get(name, "") if value in secrets else value
            for name, value in environment(container).items()
        }
    )


def test_the_settings_of_every_part_can_be_used(usual: list[dict[str, Any]]) -> None:
    for part, container in containers(usual).items():
        settings = settings_of(container)
        assert settings.drain_seconds == 130
        assert settings.secret_file == Path(f"{SECRETS}/signing.key") or part == WEB
        assert settings.chat_address == f"{NAME}-chat:50051"


def test_services_are_where_the_others_look_for_them(usual: list[dict[str, Any]]) -> None:
    found, services = containers(usual), of_kind(usual, "Service")
    settings = settings_of(found["cli"])
    for process in PROCESSES:
        port = int(str(getattr(settings, f"{process}_address")).rpartition(":")[2])
        ports = {each["name"]: each["containerPort"] for each in found[process]["ports"]}
        (service,) = services[f"{NAME}-{process}"]["spec"]["ports"]
        assert service["port"] == ports[service["targetPort"]] == port
        assert services[f"{NAME}-{process}"]["spec"]["clusterIP"] == "None"
        assert ports["metrics"] == int(environment(found[process])["CHATMOUNT_METRICS_LISTEN"].rpartition(":")[2])
    public = {each["name"]: each["containerPort"] for each in found["envoy"]["ports"]}
    del public["edge-metrics"]
    assert public == {"http": load_settings({}).http_port, "https": load_settings({}).https_port}
    assert f"/dev/tcp/{ADMIN.host}/{ADMIN.port} " in str(found["envoy"]["readinessProbe"])


def test_a_container_can_do_little_beside_its_work(everything: list[dict[str, Any]]) -> None:
    for part, container in containers(everything).items():
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"], part
        assert not security["allowPrivilegeEscalation"]
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
    user = int(re.findall(r"useradd --uid (\d+)", (ROOT / "Dockerfile").read_text("utf-8"))[0])
    for pod in pods(everything):
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == user
        assert not pod["automountServiceAccountToken"]
        assert pod["terminationGracePeriodSeconds"] > 130 + 7


def test_only_those_who_call_a_part_reach_it(usual: list[dict[str, Any]]) -> None:
    policies = of_kind(usual, "NetworkPolicy")
    assert set(policies) == {f"{NAME}-{part}" for part in PARTS if part != WEB}, "web is in Envoy's pod"
    callers = {service: {"envoy", "cli"} for service in PROCESSES}
    for caller in PROCESSES:
        build = (ROOT / "services" / caller / "build.py").read_text("utf-8")
        for called in re.findall(r'\.link\("(\w+)"', build):
            callers[called].add(caller)
    for service in set(PROCESSES) - {WEB}:
        (rule,) = (
            each for each in policies[f"{NAME}-{service}"]["spec"]["ingress"] if each["ports"] == [{"port": 50051}]
        )
        reached = {peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for peer in rule["from"]}
        assert reached == callers[service], service
    assert policies[f"{NAME}-cli"]["spec"]["ingress"] == policies[f"{NAME}-prepare"]["spec"]["ingress"] == []


def test_the_signing_secret_is_made_once_and_can_be_used(usual: list[dict[str, Any]], tmp_path: Path) -> None:
    made = of_kind(usual, "Secret")
    assert made[NAME]["data"] == made[f"{NAME}-prepare"]["data"]
    file = tmp_path / "signing.key"
    file.write_bytes(base64.b64decode(made[NAME]["data"]["signing.key"]))
    (secret,) = read_secrets(file)
    assert secret != read_secrets_of_another(tmp_path)


def read_secrets_of_another(folder: Path) -> str:
    file = folder / "another.key"
    file.write_bytes(base64.b64decode(of_kind(rendered(USUAL), "Secret")[NAME]["data"]["signing.key"]))
    return read_secrets(file)[0]


def test_a_secret_of_ones_own_takes_the_place_of_the_charts() -> None:
    own = {**USUAL, "secret": {"existing": "mine", "files": {"plans.toml": ""}}}
    manifests = rendered(own)
    assert not of_kind(manifests, "Secret")
    assert files(manifests, "chat") == {"signing.key": "mine", "plans.toml": "mine"}
    assert environment(containers(manifests)["chat"])["CHATMOUNT_DATABASE_URL"] == "mine"


def test_without_the_dashboard_there_is_no_web() -> None:
    manifests = rendered({**USUAL, "settings": {**USUAL["settings"], "CHATMOUNT_DASHBOARD": "off"}})
    assert WEB not in containers(manifests)
    assert f"{NAME}-web" not in of_kind(manifests, "Service")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secret": {}}, "secret.variables.CHATMOUNT_DATABASE_URL is required: replicas share that server."),
        ({"settings": {}}, "settings.CHATMOUNT_QDRANT_URL is required"),
        (
            {"settings": {**USUAL["settings"], "CHATMOUNT_LLM_API_KEY": "x"}},
            "settings.CHATMOUNT_LLM_API_KEY is a secret: it belongs into secret.variables.",
        ),
        ({"settings": {**USUAL["settings"], "CHATMOUNT_LISTEN": "x"}}, "settings.CHATMOUNT_LISTEN is not a variable"),
        ({"secret": {**USUAL["secret"], "files": {"plan.toml": ""}}}, "secret.files has no file called plan.toml"),
        ({"chat": {"autoscaling": {"enabled": True, "cpu": 0}}}, "chat.autoscaling needs cpu or metric."),
    ],
)
def test_values_that_cant_work_are_refused_with_what_to_do(change: dict[str, Any], words: str) -> None:
    done = helm({**USUAL, **change})
    assert done.returncode != 0
    assert words in done.stderr
