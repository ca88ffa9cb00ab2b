"""compose.yaml can't be run here; what it says is held against the code that it starts."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.cli.endpoints import SERVICES
from services.edge.__main__ import edge_settings
from services.settings import load_settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
ENVOY: dict[str, Any] = yaml.safe_load((ROOT / "envoy" / "envoy.yaml").read_text("utf-8"))
OURS = ("prepare", *SERVICES, "envoy")
VARIABLE = re.compile(r"\$\{(\w+)(?::([-+])([^}]*))?\}")


def environment(service: str, host: dict[str, str] | None = None) -> dict[str, str]:
    """What a container is given, with `host` as the environment of `docker compose`."""
    given = host or {}

    def value(match: re.Match[str]) -> str:
        name, kind, text = match[1], match[2], match[3] or ""
        is_set = bool(given.get(name))
        if kind == "+":
            return text if is_set else ""
        return given[name] if is_set else text

    return {
        name: VARIABLE.sub(value, str(setting)) for name, setting in COMPOSE["services"][service]["environment"].items()
    }


@pytest.mark.parametrize("service", OURS)
def test_every_variable_is_one_that_the_settings_know(service: str) -> None:
    source = "".join((ROOT / "services" / name).read_text("utf-8") for name in ("settings.py", "model_settings.py"))
    known = {f"CHATMOUNT_{name}" for name in re.findall(r'"([A-Z][A-Z_]+)"', source)}
    assert set(environment(service)) <= known


@pytest.mark.parametrize("service", OURS)
def test_the_settings_of_every_container_can_be_used(service: str) -> None:
    settings = load_settings(environment(service))
    assert settings.database_url.startswith("postgresql+asyncpg://chatmount:chatmount@postgres")
    assert settings.redis_url == "redis://redis:6379/0"
    assert settings.qdrant_url == "http://qdrant:6333"
    assert settings.plans_file is None


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_listens_where_the_others_and_envoy_look_for_it(service: str) -> None:
    settings = load_settings(environment("envoy"))
    host, _, port = str(getattr(settings, f"{service}_address")).partition(":")
    assert host in COMPOSE["services"]
    assert load_settings(environment(service)).listen == f"0.0.0.0:{port}"
    cluster = next(one for one in ENVOY["static_resources"]["clusters"] if one["name"] == service)
    (endpoint,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
    assert endpoint["endpoint"]["address"]["socket_address"] == {"address": host, "port_value": int(port)}
    assert f"127.0.0.1:{port}" in COMPOSE["services"][service]["healthcheck"]["test"]


def test_envoys_ports_are_those_that_are_published(tmp_path: Path) -> None:
    edge = edge_settings(load_settings(environment("envoy") | {"CHATMOUNT_HOME": str(tmp_path)}))
    published = [mapping.rpartition(":")[2] for mapping in COMPOSE["services"]["envoy"]["ports"]]
    assert published == [str(edge.http.port), str(edge.https.port)]
    assert f"http://127.0.0.1:{getattr(edge.admin, 'port', None)}/ready" in str(
        COMPOSE["services"]["envoy"]["healthcheck"]["test"]
    )


@pytest.mark.parametrize("service", OURS)
def test_every_container_starts_a_module_that_there_is(service: str) -> None:
    python, flag, module = COMPOSE["services"][service]["command"]
    assert (python, flag) == ("python", "-m")
    spec = importlib.util.find_spec(module)
    assert spec is not None
    if spec.submodule_search_locations is not None:
        assert importlib.util.find_spec(f"{module}.__main__") is not None


def test_a_plans_file_on_the_host_reaches_every_service_under_the_name_it_is_told() -> None:
    for service in OURS:
        told = environment(service, {"CHATMOUNT_PLANS_FILE": "plans.toml"})["CHATMOUNT_PLANS_FILE"]
        mounts = [one for one in COMPOSE["services"][service]["volumes"] if isinstance(one, dict)]
        assert told in {mount["target"] for mount in mounts}


def test_what_waits_for_another_waits_for_something_that_can_happen() -> None:
    for service in COMPOSE["services"].values():
        for name, dependency in service.get("depends_on", {}).items():
            other = COMPOSE["services"][name]
            if dependency["condition"] == "service_healthy":
                assert other["healthcheck"]["test"]
            else:
                assert other["restart"] == "no"


def test_every_volume_is_declared_and_secrets_go_to_every_container_of_ours() -> None:
    for name, service in COMPOSE["services"].items():
        named = [one.partition(":")[0] for one in service.get("volumes", []) if isinstance(one, str)]
        assert set(named) <= set(COMPOSE["volumes"])
        assert ("secrets" in named) == (name in OURS)


def test_everything_that_the_image_copies_is_sent_to_the_builder() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    copied = {word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.M) for word in line.split()}
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert copied == sent
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_can_be_scaled(service: str) -> None:
    container = COMPOSE["services"][service]
    assert not {"container_name", "ports", "hostname"} & set(container), "two replicas could not both have it"
    assert service in str(environment("envoy")[f"CHATMOUNT_{service.upper()}_ADDRESS"]), "a name, and no address"
    cluster = next(one for one in ENVOY["static_resources"]["clusters"] if one["name"] == service)
    lookup = cluster["cluster_type"]["typed_config"]
    assert lookup["dns_refresh_rate"] == "1s"
    assert not lookup.get("all_addresses_in_single_endpoint"), "every address is a replica"


def test_postgres_has_room_for_many_replicas() -> None:
    (room,) = re.findall(r"max_connections=(\d+)", str(COMPOSE["services"]["postgres"]["command"]))
    each = load_settings(environment("chat")).database_connections
    assert int(room) >= 20 * each
