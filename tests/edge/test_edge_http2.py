"""HTTP/2 at the public port, frame by frame, beyond what well-behaved clients send."""

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ResponseReceived, StreamReset
from h2.settings import SettingCodes

from tests.each import for_each
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import Edge, running_edge
from tests.waiting import PATIENCE, eventually

PSEUDO = [(":method", "POST"), (":scheme", "http"), (":authority", "x"), (":path", "/v1/chat")]
HEADERS = [*PSEUDO, ("authorization", "Bearer good")]


@for_each(
    "malformed",
    [
        [*HEADERS, ("idempotency-key", "a\x7f")],
        [*HEADERS, ("X-Upper", "case")],
        [*HEADERS, ("connection", "close")],
        [*PSEUDO[:3], HEADERS[-1]],
        [*HEADERS, ("x-a", "a\rb")],
        [*HEADERS, ("content-length", "3")],
        [*HEADERS, ("content-length", "16"), ("content-length", "16")],
        [*HEADERS, ("transfer-encoding", "chunked")],
        [*HEADERS[:2], *HEADERS[3:]],
        [*HEADERS[:2], *HEADERS[3:], ("host", "x"), ("host", "y")],
        [(":authority", "y"), *HEADERS],
        [*HEADERS[:3], (":path", "http://x/v1/chat"), HEADERS[-1]],
        [*HEADERS, (":late", "x")],
    ],
)
def test_a_malformed_request_breaks_no_other_of_its_connection(edge: Edge, malformed: list[tuple[str, str]]) -> None:
    lenient = H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False)
    client = H2Connection(lenient)
    seen = []
    with edge.connected() as connection:
        client.initiate_connection()
        for stream, headers in ((1, malformed), (3, HEADERS)):
            client.send_headers(stream, headers)
            client.send_data(stream, b'{"message":"hi"}', end_stream=True)
        connection.sendall(client.data_to_send())
        while len(seen) < 2:
            received = connection.recv(65536)
            assert received, f"the connection was closed after {seen}"
            for event in client.receive_data(received):
                if isinstance(event, StreamReset):
                    seen.append((event.stream_id, "reset"))
                elif isinstance(event, ResponseReceived):
                    seen.append((event.stream_id, dict(event.headers)[b":status"].decode()))
            connection.sendall(client.data_to_send())
    assert sorted(seen) == [(1, "reset"), (3, "200")]


class Client:
    """A client that sees the frames of one request, and lets no byte of a body come."""

    def __init__(self, port: int, window: int = 65535) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.h2 = H2Connection(H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False))
        self.h2.initiate_connection()
        self.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: window})

    def ask(self, body: bytes, headers: Mapping[str, str]) -> tuple[str, float]:
        """The status, and after how many seconds the stream was reset. OSError when it never is."""
        replaced = [(name, headers.get(name, value)) for name, value in HEADERS]
        more = [(name, value) for name, value in headers.items() if name not in dict(HEADERS)]
        self.h2.send_headers(1, [*replaced, *more])
        self.h2.send_data(1, body, end_stream=True)
        status, began = "", time.monotonic()
        while True:
            self.socket.sendall(self.h2.data_to_send())
            received = self.socket.recv(65536)
            assert received, "the connection was closed"
            for event in self.h2.receive_data(received):
                if isinstance(event, ResponseReceived):
                    status = dict(event.headers)[b":status"].decode()
                elif isinstance(event, StreamReset):
                    return status, time.monotonic() - began


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory, stubs: Stubs) -> Iterator[Edge]:
    directory: Path = tmp_path_factory.mktemp("impatient")
    with running_edge(directory, stubs, flush_seconds=0.3) as running:
        yield running


GRPC = {"content-type": "application/grpc", "te": "trailers", ":path": "/chatmount.chat.v1.ChatService/"}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"message":"hi"}', {}, "200"),
        (b'{"message":"hi","stream":true}', {}, "200"),
        (b'{"message":"many 20","stream":true}', {}, "200"),
        (b'{"message":"abort NOT_FOUND"}', {}, "404"),
        (b"{", {}, "400"),
        (b"{}", {"authorization": "Bearer wrong"}, "401"),
        (b"{}", {":path": "/none"}, "404"),
        (b"a=b", {":path": "/dashboard/sign-in", "origin": "http://x"}, "200"),
        (b"\0\0\0\0\4\x0a\2hi", {**GRPC, ":path": GRPC[":path"] + "Chat"}, "200"),
        (b"\0\0\0\0\4\x0a\2hi", {**GRPC, ":path": GRPC[":path"] + "StreamChat"}, "200"),
    ],
    ids=["unary", "stream", "slow stream", "error", "400", "401", "404", "page", "gRPC", "gRPC stream"],
)
def test_a_client_that_never_opens_its_window_is_cut_off(
    impatient: Edge, body: bytes, headers: Mapping[str, str], status: str
) -> None:
    client = Client(impatient.http_port, window=0)
    with closing(client.socket):
        seen, seconds = client.ask(body, headers)
    assert seen == status
    # By default it is 30.
    assert seconds < 20


def test_no_key_in_place_of_a_method_is_in_the_log(impatient: Edge) -> None:
    key = "cm_live_abcdefghijklmnopqrstuvwxyz012345"
    client = Client(impatient.http_port, window=0)
    with closing(client.socket):
        assert client.ask(b"{}", {":method": key})[0] == "405"
    eventually(lambda: '"method":"cm_live_"' in impatient.access_log.read_text(), what="the request is in the log")
    assert key[:9] not in impatient.access_log.read_text()
