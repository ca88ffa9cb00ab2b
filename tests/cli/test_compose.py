"""compose.yaml, compared with the code that it starts. tests/compose/ starts it with Docker."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.cli.processes import PROCESSES, WEB
from services.config.settings import WEB_FOLDER, load_settings
from services.edge.settings import edge_settings
from services.trust.transport import own_files
from tests.cli.compose_file import COMPOSE, OURS, environment
from tests.each import for_each
from tests.pages import ROOT, yaml_of

ENVOY: dict[str, Any] = yaml_of("envoy/envoy.yaml")
TEMPORARY = "/tmp"  # noqa: S108 - the container's


def clusters() -> Iterator[dict[str, Any]]:
    for cluster in ENVOY["static_resources"]["clusters"]:
        yield from cluster.get("$dashboard", [cluster])


@for_each("service", OURS)
def test_a_container_can_do_little_beside_its_work(service: str) -> None:
    container = COMPOSE["services"][service]
    assert container["read_only"]
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert "host.docker.internal:host-gateway" in container["extra_hosts"]
    # Where it writes all the same: its home and the folder for temporary files.
    written = [str(one).partition(":")[0] for one in container["tmpfs"]]
    written += [one.rpartition(":")[2] for one in container["volumes"] if not one.endswith(":ro")]
    shared = {"web": [], "prepare": ["secrets", "web"], "envoy": ["secrets", "web"]}.get(service, ["secrets"])
    assert sorted(written) == [TEMPORARY, "/var/lib/chatmount", *(f"/var/lib/chatmount/{name}" for name in shared)]
    user = re.findall(r"useradd --uid (\d+)", (ROOT / "Dockerfile").read_text("utf-8"))
    assert [f"/var/lib/chatmount:uid={uid},gid={uid},mode=700" for uid in user] == container["tmpfs"][-1:]


def test_a_probe_is_cheap() -> None:
    for name, container in COMPOSE["services"].items():
        if "test" not in container.get("healthcheck", {}):
            continue
        seconds = int(container["healthcheck"]["interval"].removesuffix("s"))
        assert seconds >= (30 if name in OURS else 10)
        assert "-m services" not in str(container["healthcheck"]["test"])


@for_each("service", PROCESSES)
def test_a_service_listens_where_the_others_and_envoy_look_for_it(service: str) -> None:
    settings = load_settings(environment("envoy"))
    host, _, port = str(getattr(settings, f"{service}_address")).partition(":")
    assert host in COMPOSE["services"]
    assert load_settings(environment(service)).listen == f"0.0.0.0:{port}"
    probe = "probe.py web" if service == WEB else "probe.py"
    assert f"{probe} 127.0.0.1:{port} " in str(COMPOSE["services"][service]["healthcheck"]["test"])


def test_envoys_ports_are_those_that_are_published(tmp_path: Path) -> None:
    edge = edge_settings(load_settings(environment("envoy") | {"CHATMOUNT_HOME": str(tmp_path)}))
    assert [port["target"] for port in COMPOSE["services"]["envoy"]["ports"]] == [edge.http.port, edge.https.port]
    assert f"/dev/tcp/127.0.0.1/{getattr(edge.admin, 'port', None)} " in str(
        COMPOSE["services"]["envoy"]["healthcheck"]["test"]
    )


@for_each("service", [name for name in OURS if name != "cli"])
def test_every_container_starts_a_module_that_there_is(service: str) -> None:
    python, flag, module = COMPOSE["services"][service]["command"]
    assert (python, flag) == ("python", "-m")
    spec = importlib.util.find_spec(module)
    assert spec is not None
    if spec.submodule_search_locations is not None:
        assert importlib.util.find_spec(f"{module}.__main__") is not None


def test_what_waits_for_another_waits_for_something_that_can_happen() -> None:
    for service in COMPOSE["services"].values():
        waits_for = service.get("depends_on", {})
        for name, dependency in waits_for.items() if isinstance(waits_for, dict) else ():
            other = COMPOSE["services"][name]
            if dependency["condition"] == "service_healthy":
                assert other["healthcheck"]["test"]
            else:
                assert other["restart"] == "no"


def test_every_volume_is_declared_and_secrets_go_to_every_container_of_ours_but_web() -> None:
    for name, service in COMPOSE["services"].items():
        named = [one.partition(":")[0] for one in service.get("volumes", []) if ":" in one]
        assert set(named) <= set(COMPOSE["volumes"])
        assert ("secrets" in named) == (name in OURS and name != WEB)
        assert ("web" in named) == (name in {"prepare", "envoy", WEB})


def test_web_reads_its_token_where_envoys_container_writes_it_and_no_secret_that_signs() -> None:
    read, written = (
        {volume: path for volume, path, *_ in (one.split(":") for one in COMPOSE["services"][name]["volumes"])}
        for name in (WEB, "envoy")
    )
    settings = load_settings(environment(WEB))
    assert settings.web_token_file.parent == Path(read[WEB])
    assert load_settings(environment("envoy")).web_token_file.parent == Path(written[WEB])
    assert own_files(settings.home, WEB_FOLDER).key.parent == Path(read[WEB])
    internal, otlp = ({f"{what}-ca.crt", f"{what}.crt", f"{what}.key"} for what in ("internal", "otlp"))
    assert set(COMPOSE["services"][WEB]["secrets"]) == internal | otlp
    assert load_settings(environment(WEB, {"CHATMOUNT_HTTPS_PORT": "82"})).https_port == 82


def test_everything_that_the_image_copies_is_sent_to_the_builder() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    copied = {word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.M) for word in line.split()}
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert copied == sent
    assert all((ROOT / name).exists() for name in copied)


def test_what_the_image_goes_without_is_loaded_only_while_it_is_built() -> None:
    (removed,) = re.findall(r"pip uninstall --quiet --yes ((?!--)[^\\]+)", (ROOT / "Dockerfile").read_text("utf-8"))
    loads = re.compile(rf"^\s*(?:from|import) (?:{'|'.join(removed.replace('-', '_').split())})\b", re.M)
    loading = {file.stem for file in (ROOT / "services").rglob("*.py") if loads.search(file.read_text("utf-8"))}
    assert loading == {"graph", "prepare", "quantise", "weights"}


@for_each("service", PROCESSES)
def test_every_service_can_be_scaled(service: str) -> None:
    container = COMPOSE["services"][service]
    assert not {"container_name", "ports", "hostname"} & set(container), "two replicas could not both have it"
    assert service in str(environment("envoy")[f"CHATMOUNT_{service.upper()}_ADDRESS"]), "a name, and no address"
    cluster = next(one for one in clusters() if one["name"] == service)
    lookup = cluster["cluster_type"]["typed_config"]
    assert lookup["dns_refresh_rate"] == "1s"
    assert not lookup.get("all_addresses_in_single_endpoint"), "every address is a replica"


def test_postgres_has_room_for_many_replicas() -> None:
    (room,) = re.findall(r"max_connections=(\d+)", str(COMPOSE["services"]["postgres"]["command"]))
    each = load_settings(environment("chat")).database_connections
    assert int(room) >= 20 * each
