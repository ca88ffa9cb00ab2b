"""Envoy's configuration as it is rendered, and its binary."""

import json
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.cli.up.ports import ReservedPort
from services.config.settings import SettingsError, load_settings
from services.edge.binary import envoy_binary, envoy_command
from services.edge.certificate import ensure_development_certificate
from services.edge.config import Address, EdgeSettings, render, write_edge_config
from services.edge.connections import FILE_NAME as PRESSURE_NAME
from services.edge.credential import FILE_NAME, write_edge_token
from services.edge.settings import edge_settings
from services.trust.internal_certificates import ensure_internal_certificates
from services.trust.transport import InternalTls
from tests.each import for_each
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import JSON, Edge, running_edge


def settings_for(directory: Path, **changes: Any) -> EdgeSettings:
    certificate = ensure_development_certificate(directory)
    write_edge_token("t", directory / FILE_NAME)
    defaults: dict[str, Any] = {
        "auth": [Address("127.0.0.1", 1001)],
        "quota": [Address("127.0.0.1", 1002)],
        "retrieval": [Address("127.0.0.1", 1003)],
        "chat": [Address("127.0.0.1", 1004), Address("::1", 1005)],
        "web": [Address("127.0.0.1", 1006)],
        "certificate": certificate.certificate,
        "private_key": certificate.key,
        "credential": directory / FILE_NAME,
        "connection_pressure": directory / PRESSURE_NAME,
        "admin": Path("/tmp/edge.sock"),  # noqa: S108
        "http": Address("127.0.0.1", 1080),
        "https": Address("127.0.0.1", 1443),
    }
    return EdgeSettings(**{**defaults, **changes})


def complaints(config: Path) -> str:
    """What Envoy says against a configuration; empty when it would serve it without a warning."""
    command = [str(envoy_binary()), "--mode", "validate", "-c", str(config), "--log-level", "warning"]
    ended = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    return ended.stderr if ended.returncode == 0 else f"refused: {ended.stderr}"


@pytest.mark.parametrize("inside", [None, ensure_internal_certificates], ids=["plain", "TLS"])
def test_a_rendered_configuration_is_valid(tmp_path: Path, inside: Callable[[Path], InternalTls] | None) -> None:
    settings = settings_for(tmp_path, internal_tls=inside and inside(tmp_path), auth_asks_quota=inside is not None)
    assert complaints(write_edge_config(settings, tmp_path)) == ""


def test_what_is_not_set_is_as_the_documentation_says(tmp_path: Path) -> None:
    text = json.dumps(render(settings_for(tmp_path)))
    for default in (
        *('"listener_filters_timeout": "15s"', '"stream_flush_timeout": "30s"', '"timeout": "60s"', '"timeout": "4s"'),
        *('"max_active_downstream_connections": 16000', '"max_request_bytes": 65536', '"xff_num_trusted_hops": 0'),
    ):
        assert default in text


def test_a_rendered_configuration_has_what_the_settings_name(tmp_path: Path) -> None:
    settings = settings_for(
        tmp_path,
        trusted_proxies=2,
        failed_attempts_per_minute=7,
        check_timeout_seconds=4.5,
        requests_per_service=11,
        checks_per_service=12,
        unary_timeout_seconds=1.5,
        stream_idle_seconds=20,
        connections_per_listener=50,
        silent_seconds=3,
        flush_seconds=9,
    )
    config = render(settings)
    text = json.dumps(config)
    for there in ("1001", "1002", "1003", "1004", "1005", "1006", "1080", "1443", '"1.5s"', '"20s"', "/tmp/edge.sock"):  # noqa: S108
        assert there in text
    managers = [
        chain["filters"][0]["typed_config"]
        for listener in config["static_resources"]["listeners"]
        for chain in listener["filter_chains"]
    ]
    assert [manager["xff_num_trusted_hops"] for manager in managers] == [2, 2]
    assert text.count('"timeout": "4.5s"') == 8, "Auth, Quota, Quota's filter, and Chat's health, on each listener"
    assert [text.count(f'"max_requests": {most}') for most in (11, 12)] == [3, 2]
    assert text.count('"failed_attempts_per_minute": 7') == 8, "four limited routes on each listener"
    assert text.count('{"key": "x-ratelimit-limit", "value": "7"}') == 10, "five replies to what can't be read"
    assert text.count('"max_active_downstream_connections": 100') == 1
    assert config["layered_runtime"]["layers"][0]["static_layer"] == {
        "envoy.resource_limits.listener.http.connection_limit": 50,
        "envoy.resource_limits.listener.https.connection_limit": 50,
        "tracing.opentelemetry.flush_interval_ms": 1000,
        "tracing.opentelemetry.min_flush_spans": 512,
    }
    assert text.count('"listener_filters_timeout": "3s"') == 2
    assert text.count('"stream_flush_timeout": "9s"') == 2


def test_no_secret_is_in_a_rendered_configuration(tmp_path: Path) -> None:
    text = write_edge_config(settings_for(tmp_path), tmp_path).read_text()
    assert str(tmp_path / FILE_NAME) in text
    assert "Bearer" not in text
    assert "PRIVATE KEY" not in text


def test_the_admin_interface_can_have_an_address(tmp_path: Path) -> None:
    config = render(settings_for(tmp_path, admin=Address("127.0.0.1", 1999)))
    assert config["admin"]["address"] == {"socket_address": {"address": "127.0.0.1", "port_value": 1999}}


def test_the_command_starts_the_wheels_own_binary(tmp_path: Path) -> None:
    command = envoy_command(tmp_path / "envoy.json", workers=3)
    assert Path(command[0]).is_file()
    assert command[-2:] == ["--concurrency", "3"]
    assert "--concurrency" not in envoy_command(tmp_path / "envoy.json")


@for_each("host", ["localhost", "127.0.0.1"])
@for_each(("offered", "spoken"), [(True, "HTTP/2"), (False, "HTTP/1.1")])
def test_https_is_served_to_those_who_trust_the_certificate(edge: Edge, host: str, offered: bool, spoken: str) -> None:
    trust = ssl.create_default_context(cafile=str(edge.certificate))
    with httpx.Client(verify=trust, http2=offered, trust_env=False) as client:
        response = client.post(
            f"https://{host}:{edge.https_port}/v1/chat",
            json={"message": "hi"},
            headers={"authorization": "Bearer good"},
        )
    assert (response.status_code, response.http_version) == (200, spoken)
    assert edge.stubs.last("chat")["metadata"]["x-forwarded-proto"] == "https"


def test_every_address_of_the_machine_is_listened_on_where_asked_for(tmp_path: Path, stubs: Stubs) -> None:
    ports = {name: ReservedPort("::") for name in ("http", "https")}
    both = {name: Address("::", port.number) for name, port in ports.items()}
    with running_edge(tmp_path, stubs, **both) as edge:
        for host, client, network in (("127.0.0.1", "127.0.0.1", "127.0.0.1/32"), ("[::1]", "::1", "::/64")):
            url = f"http://{host}:{edge.http_port}/v1/chat"
            headers = {"authorization": "Bearer good", **JSON}
            assert httpx.post(url, json={"message": "hi"}, headers=headers, trust_env=False).status_code == 200
            assert stubs.last("auth")["client"] == client
            url = f"http://{host}:{edge.http_port}/widget/v1/ticket/wgt_1"
            assert httpx.post(url, content="{}", trust_env=False).status_code == 200
            (counted,) = stubs.last("quota")["descriptors"]
            assert counted["masked_remote_address"] == network
    for port in ports.values():
        port.release()


def test_in_a_container_the_services_are_where_the_environment_says(tmp_path: Path) -> None:
    environment = {
        "CHATMOUNT_HOME": str(tmp_path),
        "CHATMOUNT_TRUSTED_PROXIES": "1",
        **{
            f"CHATMOUNT_{name}_ADDRESS": f"{name.lower()}:50051"
            for name in ("AUTH", "QUOTA", "RETRIEVAL", "CHAT", "WEB")
        },
    }
    edge = edge_settings(load_settings(environment))
    assert (edge.chat, edge.web, edge.trusted_proxies) == ((Address("chat", 50051),), (Address("web", 50051),), 1)
    assert edge.certificate.is_file()
    del environment["CHATMOUNT_QUOTA_ADDRESS"]
    with pytest.raises(SettingsError, match="CHATMOUNT_QUOTA_ADDRESS"):
        edge_settings(load_settings(environment))


def test_without_web_in_a_container_the_dashboard_has_to_be_off(tmp_path: Path) -> None:
    environment = {
        "CHATMOUNT_HOME": str(tmp_path),
        **{f"CHATMOUNT_{name}_ADDRESS": "127.0.0.1:1" for name in ("AUTH", "QUOTA", "RETRIEVAL", "CHAT")},
    }
    with pytest.raises(SettingsError, match=r"CHATMOUNT_WEB_ADDRESS .* set CHATMOUNT_DASHBOARD=off"):
        edge_settings(load_settings(environment))
    assert edge_settings(load_settings({**environment, "CHATMOUNT_DASHBOARD": "off"})).web == ()
