"""A real Envoy in front of stub services, and a client that sees every byte of its replies."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.cli.up.ports import ReservedPort
from services.edge.binary import envoy_command
from services.edge.certificate import ensure_development_certificate
from services.edge.config import Address, EdgeSettings, write_edge_config
from services.edge.credential import FILE_NAME, write_edge_token
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_reply import Reply
from tests.waiting import PATIENCE, eventually

EDGE_TOKEN = "token-of-the-edge"
JSON = {"content-type": "application/json"}

UNAVAILABLE = "The service is temporarily unavailable. Please try again."
TOO_SLOW = "The answer took too long. Please try again."
INTERNAL = "Something went wrong on our side. Please try again; if it stays, report the X-Request-Id."
TOO_LARGE = "Request body must not be larger than 64 KiB."
NOTHING_HERE = "There is nothing here. The endpoint is POST /v1/chat."


@dataclass
class Edge:
    """A running Envoy."""

    http_port: int
    https_port: int
    certificate: Path
    stubs: Stubs
    access_log: Path
    log: Path
    settings: EdgeSettings | None = None

    def ask(
        self,
        body: object = None,
        *,
        key: str | None = "good",
        method: str = "POST",
        path: str = "/v1/chat",
        headers: Mapping[str, str] = JSON,
    ) -> Reply:
        """One request on its own connection. `body`: bytes as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        with closing(http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=PATIENCE)) as connection:
            connection.putrequest(method, path, skip_accept_encoding=True)
            if key is not None:
                connection.putheader("authorization", f"Bearer {key}")
            for name, value in headers.items():
                connection.putheader(name, value)
            if raw is not None:
                connection.putheader("content-length", str(len(raw)))
            connection.endheaders(raw)
            response = connection.getresponse()
            return Reply(response.status, tuple(response.getheaders()), response.read())

    def connected(self) -> closing[socket.socket]:
        """A connection on which nothing was said yet."""
        return closing(socket.create_connection(("127.0.0.1", self.http_port), timeout=PATIENCE))

    @contextmanager
    def asked(self, body: object, key: str = "good", path: str = "/v1/chat") -> Iterator[http.client.HTTPConnection]:
        """A connection on which a question was asked and whose reply was not read yet."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=PATIENCE)) as connection:
            connection.request("POST", path, json.dumps(body), {"authorization": f"Bearer {key}", **JSON})
            yield connection

    def is_answering(self) -> bool:
        """Whether a question is answered now."""
        try:
            return self.ask({"message": "hi"}).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def admin(self, path: str) -> str:
        """What Envoy's admin interface answers to a GET."""
        assert self.settings is not None
        assert isinstance(self.settings.admin, Path)
        return admin_reply(self.settings.admin, path)

    def grpc_error(self, message: str = "hi") -> Any:
        """The error of a question over gRPC."""
        with grpc.insecure_channel(f"127.0.0.1:{self.http_port}") as channel, pytest.raises(grpc.RpcError) as caught:
            chat_pb2_grpc.ChatServiceStub(channel).Chat(
                chat_pb2.ChatRequest(message=message), metadata=(("authorization", "Bearer good"),), timeout=PATIENCE
            )
        return caught.value

    def send(self, raw: bytes, *, until_closed: bool = True) -> bytes:
        """Raw bytes in, raw bytes out."""
        with self.connected() as connection:
            connection.sendall(raw)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
                if not until_closed:
                    break
            return received


@contextmanager
def running_edge(directory: Path, stubs: Stubs, **changes: Any) -> Iterator[Edge]:
    """Envoy in front of the stubs; `changes` to its settings."""
    certificate = ensure_development_certificate(directory / "tls")
    # The path of a socket must be short.
    admin = Path(os.environ.get("TMPDIR", "/tmp")) / f"edge-{secrets.token_hex(6)}.sock"  # noqa: S108
    services = {name: [Address("127.0.0.1", port)] for name, port in stubs.ports.items()}
    http, https = ReservedPort(), ReservedPort()
    settings = EdgeSettings(
        **{
            **services,
            "certificate": certificate.certificate,
            "private_key": certificate.key,
            "credential": directory / FILE_NAME,
            "connection_pressure": directory / "connection-pressure",
            "admin": admin,
            "http": Address("127.0.0.1", http.number),
            "https": Address("127.0.0.1", https.number),
            # A machine that is busy answers late.
            "check_timeout_seconds": PATIENCE,
            **changes,
        }
    )
    settings.connection_pressure.write_text("0")
    write_edge_token(EDGE_TOKEN, settings.credential)
    access_log, log = directory / "access.log", directory / "envoy.log"
    with access_log.open("wb") as stdout, log.open("wb") as stderr:
        process = subprocess.Popen(
            envoy_command(write_edge_config(settings, directory), workers=1),
            env={},
            stdout=stdout,
            stderr=stderr,
        )
    try:
        eventually(lambda: is_live(admin) or process.poll() is not None, what="Envoy is ready")
        assert process.poll() is None, log.read_text()
        yield Edge(settings.http.port, settings.https.port, certificate.certificate, stubs, access_log, log, settings)
        said = log.read_text()
        assert "script log" not in said, said
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            # How it stops is asked of the stack; what was started here must not stay.
            process.kill()
            process.wait()
        admin.unlink(missing_ok=True)
        http.release()
        https.release()


def admin_reply(admin: Path, path: str) -> str:
    """What the Envoy behind this socket file answers to a GET."""
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.connect(str(admin))
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def is_live(admin: Path) -> bool:
    """Whether Envoy serves."""
    try:
        return "LIVE" in admin_reply(admin, "/ready")
    except OSError:
        return False


def with_key(name: str | None = "good", *extra: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (*(() if name is None else (("authorization", f"Bearer {name}"),)), *extra)


def grpc_refusal(call: Any) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    """Code, text and metadata of a call that is refused before any message."""
    with pytest.raises(grpc.RpcError) as caught:
        list(call()) if call.__name__ == "stream" else call()
    error: Any = caught.value
    metadata: dict[str, str] = {}
    for name, value in (*error.initial_metadata(), *error.trailing_metadata()):
        assert name not in metadata, f"{name} was sent twice"
        metadata[name] = value
    assert not [name for name in metadata if name.startswith(("x-envoy-", "x-chatmount-"))]
    return error.code(), error.details(), metadata
