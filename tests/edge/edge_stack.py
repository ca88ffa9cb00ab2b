"""A real Envoy in front of stub services, and a client that sees every byte of its replies."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.edge.binary import envoy_command
from services.edge.certificate import ensure_development_certificate
from services.edge.config import Address, EdgeSettings, write_edge_config
from services.edge.credential import FILE_NAME, write_edge_token
from tests.waiting import eventually, free_port

ROOT = Path(__file__).parents[2]
STUBS = Path(__file__).with_name("edge_stubs.py")
EDGE_TOKEN = "token-of-the-edge"
WINDOW_HEADERS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
JSON = {"content-type": "application/json"}

UNAVAILABLE = "The service is temporarily unavailable. Please try again."
TOO_SLOW = "The answer took too long. Please try again."
INTERNAL = "Something went wrong on our side. Please try again; if it stays, report the X-Request-Id."
TOO_LARGE = "Request body must not be larger than 64 KiB."
NOTHING_HERE = "There is nothing here. The endpoint is POST /v1/chat."


@dataclass(frozen=True)
class Reply:
    """One HTTP reply."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name]

    def one(self, name: str) -> str:
        """The value of a header that is there exactly once."""
        values = self.all(name)
        assert len(values) == 1, f"{name}: {values} in {self}"
        return values[0]

    def json(self) -> Any:
        """The JSON body."""
        assert self.one("content-type") == "application/json", self
        return json.loads(self.body)

    def error(self, status: int) -> str:
        """The text of an error of this status, in the form that all errors have."""
        assert self.status == status, self
        body = self.json()
        assert list(body) == ["error"], self
        assert isinstance(body["error"], str)
        assert body["error"].strip(), self
        self.check_headers()
        return str(body["error"])

    def check_headers(self) -> None:
        """Nothing of the inside leaves, and the reply has an id."""
        assert len(self.one("x-request-id")) == 36
        allowed = {
            *("allow", "cache-control", "connection", "content-length", "content-type", "date", "retry-after"),
            *("transfer-encoding", "www-authenticate", "x-ratelimit-reason", "x-request-id", *WINDOW_HEADERS),
        }
        assert {name.lower() for name, _ in self.headers} <= allowed, self

    def window(self) -> tuple[int, int]:
        """Limit and remaining of a well-formed window."""
        limit, remaining, reset = (self.one(name) for name in WINDOW_HEADERS)
        assert limit.isdigit()
        assert remaining.isdigit()
        assert reset.isdigit()
        assert 0 < int(reset) - time.time() <= 60, self
        return int(limit), int(remaining)


def parse(raw: bytes) -> Reply:
    """A reply as it came over HTTP/1; its body is all that came after its headers."""
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return Reply(int(status.split(" ")[1]), tuple((name, value) for name, _, value in pairs), body)


@dataclass
class Stubs:
    """A process that serves some of the stub services."""

    record: Path
    services: tuple[str, ...]
    ports: dict[str, int] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    _seen: list[dict[str, Any]] = field(default_factory=list)
    _position: int = 0

    def start(self) -> "Stubs":
        """Starts, on the same ports as before if there was a before."""
        named = [f"{name}={self.ports.get(name, 0)}" for name in self.services]
        self.process = subprocess.Popen(
            [sys.executable, str(STUBS), "--record", str(self.record), *named],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        self.ports = json.loads(self.process.stdout.readline())
        return self

    def kill(self) -> None:
        """Ends it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def calls(self, service: str) -> list[dict[str, Any]]:
        """What the stubs wrote down of one service, the oldest first."""
        if self.record.exists():
            with self.record.open() as file:
                file.seek(self._position)
                # Without the last line when it is only half written.
                *lines, rest = file.read().split("\n")
                self._position = file.tell() - len(rest.encode())
            self._seen += map(json.loads, lines)
        return [call for call in self._seen if call["service"] == service]

    def last(self, service: str) -> dict[str, Any]:
        """The newest of them."""
        return self.calls(service)[-1]


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
        with closing(http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=10)) as connection:
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

    @contextmanager
    def asked(self, body: object, key: str = "good", timeout: float = 10) -> Iterator[http.client.HTTPConnection]:
        """A connection on which a question was asked and whose reply was not read yet."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=timeout)) as connection:
            connection.request("POST", "/v1/chat", json.dumps(body), {"authorization": f"Bearer {key}", **JSON})
            yield connection

    def is_answering(self) -> bool:
        """Whether a question is answered now."""
        try:
            return self.ask({"message": "hi"}).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def grpc_error(self, message: str = "hi") -> Any:
        """The error of a question over gRPC."""
        with grpc.insecure_channel(f"127.0.0.1:{self.http_port}") as channel, pytest.raises(grpc.RpcError) as caught:
            chat_pb2_grpc.ChatServiceStub(channel).Chat(
                chat_pb2.ChatRequest(message=message), metadata=(("authorization", "Bearer good"),), timeout=10
            )
        return caught.value

    def send(self, raw: bytes, *, until_closed: bool = True) -> bytes:
        """Raw bytes in, raw bytes out."""
        with closing(socket.create_connection(("127.0.0.1", self.http_port), timeout=10)) as connection:
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
    settings = EdgeSettings(
        **{
            **services,
            "descriptor_set": ROOT / "gen" / "descriptor_set.pb",
            "certificate": certificate.certificate,
            "private_key": certificate.key,
            "credential": directory / FILE_NAME,
            "connection_pressure": directory / "connection-pressure",
            "admin": admin,
            "http": Address("127.0.0.1", free_port()),
            "https": Address("127.0.0.1", free_port()),
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
        process.wait(timeout=10)
        admin.unlink(missing_ok=True)


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
