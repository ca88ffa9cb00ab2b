"""A whole stack whose parts talk to each other over mutual TLS."""

import asyncio
from pathlib import Path

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.cli.calls.health import is_serving
from services.cli.processes import WEB
from services.trust.internal_certificates import ensure_internal_certificates
from services.trust.principal import SERVICES
from services.trust.transport import CHANNEL_OPTIONS, InternalTls, own_files
from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot
from tests.contract.stack import Stack, eventually
from tests.waiting import PATIENCE


def is_served(address: str, files: InternalTls | None) -> bool:
    channel = (
        grpc.insecure_channel(address)
        if files is None
        else grpc.secure_channel(address, files.channel_credentials(), CHANNEL_OPTIONS)
    )
    with channel:
        try:
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
        except grpc.RpcError as error:
            code = error.code()  # type: ignore[attr-defined]
        else:
            return True
    assert code == grpc.StatusCode.UNAVAILABLE
    return False


def test_a_stack_serves_over_tls_inside_and_turns_others_away(
    installation: Stack, cli: CommandLine, bot: Bot, tmp_path: Path
) -> None:
    own, foreign = own_files(installation.home), ensure_internal_certificates(tmp_path / "foreign")
    for service in SERVICES:
        address = installation.endpoints[service]
        assert is_served(address, own)
        assert not is_served(address, None)
        assert not is_served(address, foreign)
    assert asyncio.run(is_serving(installation.endpoints["web"], PATIENCE, tls=own, process=WEB))
    for files in (None, foreign, InternalTls(own.ca, foreign.certificate, foreign.key)):
        assert not asyncio.run(is_serving(installation.endpoints["web"], tls=files, process=WEB))
    assert httpx.get(f"{installation.base_url}/dashboard/sign-in").status_code == 200
    # Commands, which have no such setting here, learn it from the running stack.
    assert cli.json("status")["healthy"]
    page = tmp_path / "page.md"
    page.write_text("# Opening hours\n\nThe shop is open from nine to five on every day of the week.\n")
    cli.json("source", "add", "--bot", bot.id, str(page))
    key = cli.json("key", "create", "--bot", bot.id, "--name", "k")["key"]

    def reply() -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"}
        return httpx.post(
            f"{installation.base_url}/v1/chat", json={"message": "When is the shop open?"}, headers=headers
        )

    answer = reply()
    assert (answer.status_code, "nine to five" in answer.json()["message"]) == (200, True)
    # Envoy finds a service again that came back, over TLS as well.
    installation.kill("quota")
    eventually(lambda: reply().status_code == 200)


@pytest.mark.parametrize("missing", ["CA", "KEY"])
def test_half_a_setting_ends_the_start_in_one_line(
    lonely: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    files = ensure_internal_certificates(tmp_path / "given")
    given = {"TLS": "on", "CA": str(files.ca), "CERTIFICATE": str(files.certificate), "KEY": str(files.key)}
    del given[missing]
    for name, value in given.items():
        monkeypatch.setenv(f"CHATMOUNT_INTERNAL_{name}", value)
    assert "must be set together" in lonely.refused("up", code=2)
