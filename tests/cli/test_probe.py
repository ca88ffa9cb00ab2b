"""The probe of containers, as they run it: with nothing but Python's own library."""

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.cli import probe
from services.trust.internal_certificates import ensure_internal_certificates
from services.trust.transport import NAME, InternalTls

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def probed(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", probe.__file__, *map(str, arguments)], capture_output=True, text=True
    )


class Service:
    """A gRPC server with the standard health service, in the clear and over TLS."""

    def __init__(self, tls: InternalTls) -> None:
        self.tls = tls
        self.health = health.HealthServicer()
        self._server = grpc.server(ThreadPoolExecutor(2))
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self.tls_port = self._server.add_secure_port("127.0.0.1:0", tls.server_credentials())
        self._server.start()

    def set(self, status: health_pb2.HealthCheckResponse.ServingStatus) -> None:
        self.health.set("", status)

    def stop(self) -> None:
        self._server.stop(None).wait()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(ensure_internal_certificates(tmp_path_factory.mktemp("home")))
    yield service
    service.stop()


def test_it_tells_what_the_service_says(service: Service) -> None:
    for status, code in ((SERVING, 0), (NOT_SERVING, 1), (SERVING, 0)):
        service.set(status)
        assert probed(f"127.0.0.1:{service.port}").returncode == code
    # The unset variables of a container are empty arguments.
    assert probed(f"127.0.0.1:{service.port}", "", "/nowhere.crt", "/nowhere.key").returncode == 0
    assert probed(f"127.0.0.1:{service.port}", "off", "/nowhere.crt", "/nowhere.key").returncode == 0


def test_over_tls_it_shows_the_certificate(service: Service) -> None:
    service.set(SERVING)
    address = f"127.0.0.1:{service.tls_port}"
    assert probed(address, "on", service.tls.certificate, service.tls.key).returncode == 0
    assert probed(address, "ON", service.tls.certificate, service.tls.key).returncode == 0
    assert probed(address).returncode == 1
    service.set(NOT_SERVING)
    assert probed(address, "on", service.tls.certificate, service.tls.key).returncode == 1


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n", 0),
        (b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", 1),
        (b"", 1),
    ],
    ids=["serving", "stopping", "nothing"],
)
@pytest.mark.parametrize("secured", [False, True], ids=["plain", "TLS"])
def test_web_is_asked_over_http(service: Service, reply: bytes, code: int, secured: bool) -> None:
    asked: list[bytes] = []

    def answer(server: socket.socket) -> None:
        with server.accept()[0] as connection:
            if secured:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(service.tls.certificate, service.tls.key)
                context.load_verify_locations(service.tls.ca)
                context.verify_mode = ssl.CERT_REQUIRED
                connection = context.wrap_socket(connection, server_side=True)
            asked.append(connection.recv(1000))
            connection.sendall(reply)
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        answered = pool.submit(answer, server)
        tls = ("on", service.tls.certificate, service.tls.key) if secured else ()
        assert probed("web", f"127.0.0.1:{server.getsockname()[1]}", *tls).returncode == code
        answered.result()
    assert asked[0].startswith(b"GET /healthz HTTP/1.1\r\nhost: ")


def test_a_service_that_does_not_know_its_health_is_not_well() -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    assert not probe.is_serving("127.0.0.1", port)
    server.stop(None).wait()


def test_nobody_and_something_else_are_one_line(service: Service, tmp_path: Path) -> None:
    def greet(server: socket.socket) -> None:
        with server.accept()[0] as connection:
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    with socket.create_server(("127.0.0.1", 0)) as other, ThreadPoolExecutor(1) as pool:
        pool.submit(greet, other)
        done = probed(f"127.0.0.1:{other.getsockname()[1]}")
    gone = probed("127.0.0.1:1")
    unreadable = probed(f"127.0.0.1:{service.tls_port}", "on", tmp_path / "a", tmp_path / "b")
    for each in (done, gone, unreadable, probed("nonsense"), probed(), probed("web")):
        assert each.returncode == 1
        assert len(each.stderr.splitlines()) == 1


def test_one_that_hangs_is_not_waited_for(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
        probe.is_serving("127.0.0.1", silent.getsockname()[1])


def test_it_loads_none_of_the_packages() -> None:
    # What makes it cheap. gRPC alone takes longer than half a per cent of the ten seconds between two probes.
    script = f"import runpy, sys; runpy.run_path({probe.__file__!r}); print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True).stdout.split()
    assert "socket" in loaded
    assert {"ssl", "grpc", "asyncio", "site", "services"} & set(loaded) == set()


def test_its_name_is_that_of_the_certificates() -> None:
    assert probe.NAME.decode() == NAME
