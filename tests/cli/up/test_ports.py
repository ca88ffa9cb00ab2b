import socket
from pathlib import Path

import grpc
import pytest

from services.cli.calls.endpoints import Endpoints, write_endpoints
from services.cli.failures import CommandFailed
from services.cli.up.lock import HomeLock
from services.cli.up.ports import ReservedPort, public_port
from services.config.settings import SettingsError
from services.rpc.server import start_server
from services.trust.principal_tokens import TokenSigner
from tests.each import for_each


async def test_a_grpc_server_can_take_its_reserved_port_again_and_again(signer: TokenSigner) -> None:
    port = ReservedPort()
    for _ in range(3):
        server, number, _ = await start_server(port.address, [], signer)
        assert port.address == f"127.0.0.1:{number}"
        async with grpc.aio.insecure_channel(port.address) as channel:
            await channel.channel_ready()
        await server.stop(None)
    port.release()


def test_nobody_else_is_given_a_reserved_port() -> None:
    ports = [ReservedPort() for _ in range(200)]
    assert len({port.address for port in ports}) == 200
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", int(ports[0].address.rpartition(":")[2])))
    for port in ports:
        port.release()


def test_a_busy_public_port_is_named_with_its_variable() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        number = other.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"^Port {number} is in use; set CHATMOUNT_HTTP_PORT to a free one"):
            public_port("127.0.0.1", number, "CHATMOUNT_HTTP_PORT")


def test_a_free_public_port_is_taken_as_it_is_and_0_means_any() -> None:
    port = public_port("127.0.0.1", 0, "CHATMOUNT_HTTP_PORT")
    assert port.number > 0
    port.release()
    again = public_port("127.0.0.1", port.number, "CHATMOUNT_HTTP_PORT")
    assert again.number == port.number
    again.release()


@for_each("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104
def test_nobody_else_is_given_a_public_port_that_was_chosen(host: str) -> None:
    port = public_port(host, 0, "CHATMOUNT_HTTP_PORT")
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port.number))
    port.release()


def test_an_address_that_is_not_this_machines_is_named_with_its_variable() -> None:
    with pytest.raises(SettingsError, match=r"^CHATMOUNT_LISTEN_HOST=192\.0\.2\.1 is no address of this machine"):
        public_port("192.0.2.1", 0, "CHATMOUNT_HTTP_PORT")


def test_a_home_serves_one_stack_at_a_time(tmp_path: Path) -> None:
    lock = HomeLock(tmp_path)
    write_endpoints(tmp_path, Endpoints("a:1", "q:1", "r:1", "c:1", http="http://127.0.0.1:8080", pid=42))
    with pytest.raises(
        CommandFailed, match=r"runs already for CHATMOUNT_HOME=.* \(process 42, http://127\.0\.0\.1:8080\)"
    ):
        HomeLock(tmp_path)
    lock.release()
    HomeLock(tmp_path).release()
