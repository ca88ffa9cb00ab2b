"""Services that die, hang and come back; clients that leave. On a second Envoy."""

import http.client
import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest

from services.edge.connections import STATS
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import TOO_SLOW, UNAVAILABLE, Edge, running_edge
from tests.promptness import is_once_within
from tests.waiting import eventually

# More than a busy machine stands still.
TIMEOUT = 4.0
CONNECTIONS = 12


@pytest.fixture(scope="module")
def parts(directory: Path) -> Iterator[dict[str, Stubs]]:
    """Each service in a process of its own."""
    started = {
        name: Stubs(directory / f"{name}.jsonl", (name,)).start() for name in ("auth", "quota", "retrieval", "chat")
    }
    yield started
    for stub in started.values():
        stub.close()


@pytest.fixture(scope="module")
def edge(directory: Path, parts: dict[str, Stubs]) -> Iterator[Edge]:
    everything = Stubs(directory / "none.jsonl", (), {name: stub.ports[name] for name, stub in parts.items()})
    with running_edge(
        directory,
        everything,
        unary_timeout_seconds=TIMEOUT,
        stream_idle_seconds=TIMEOUT,
        trusted_proxies=1,
        connections_per_listener=CONNECTIONS,
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def all_is_well_again(edge: Edge, parts: dict[str, Stubs]) -> Iterator[None]:
    """What a test killed comes back, and the edge notices."""
    yield
    dead = [stub for stub in parts.values() if not stub.is_alive()]
    for stub in dead:
        stub.start()
    if dead:
        eventually(lambda: edge.ask({"message": "hi"}).status == 200, what="the edge answers again")


def test_load_balancers_are_told_of_a_service_that_is_down_and_back(edge: Edge, parts: dict[str, Stubs]) -> None:
    def health(path: str = "/healthz") -> int:
        return edge.ask(method="GET", path=path, key=None).status

    # An earlier test may have killed it.
    eventually(lambda: health() == 200, what="the edge is healthy")
    parts["retrieval"].kill()
    eventually(lambda: health() == 503, what="the edge is not healthy")
    reply = edge.ask(method="GET", path="/healthz", key=None)
    # It has no id, for it stands in no log.
    assert (reply.json(), reply.one("retry-after")) == ({"error": UNAVAILABLE}, "1")
    parts["retrieval"].start()
    eventually(lambda: health() == 200, what="the edge is healthy again")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("service", ["auth", "quota", "chat"])
def test_a_service_that_is_down_is_503_at_once_and_found_again_soon(
    edge: Edge, parts: dict[str, Stubs], service: str, stream: bool
) -> None:
    parts[service].kill()

    def seconds_to_reply() -> float:
        started = time.monotonic()
        reply = edge.ask({"message": "hi", "stream": stream})
        took = time.monotonic() - started
        assert reply.error(503) == UNAVAILABLE
        assert int(reply.one("retry-after")) > 0
        assert reply.window()[0] == 60
        return took

    for _ in range(3):
        is_once_within(1.5, seconds_to_reply)


def test_chat_down_is_unavailable_for_grpc(edge: Edge, parts: dict[str, Stubs]) -> None:
    parts["chat"].kill()
    error = edge.grpc_error()
    assert (error.code(), error.details()) == (grpc.StatusCode.UNAVAILABLE, UNAVAILABLE)
    assert dict(error.trailing_metadata())["x-ratelimit-limit"] == "60"


def test_chat_dying_with_a_question_in_hand_is_503(edge: Edge, parts: dict[str, Stubs]) -> None:
    calls = len(parts["chat"].calls("chat"))
    with edge.asked({"message": "hang"}) as connection:
        eventually(lambda: len(parts["chat"].calls("chat")) > calls, what="Chat has the question")
        parts["chat"].kill()
        response = connection.getresponse()
        assert response.status == 503
        assert json.loads(response.read()) == {"error": UNAVAILABLE}
        assert response.headers["x-ratelimit-remaining"] == "58"
    assert len(parts["chat"].calls("chat")) == calls + 1, "a question is not asked twice"


def test_chat_dying_in_a_stream_is_seen_as_a_broken_stream(edge: Edge, parts: dict[str, Stubs]) -> None:
    with edge.asked({"message": "hang-late", "stream": True}) as connection:
        response = connection.getresponse()
        assert response.readline().startswith(b'data: {"type":"token"')
        parts["chat"].kill()
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            response.read()


def test_what_takes_too_long_is_broken_off_with_an_error_that_says_so(edge: Edge, parts: dict[str, Stubs]) -> None:
    cancelled = len(parts["chat"].calls("cancelled"))
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(edge.ask, {"message": "hang"})
        never_begins = pool.submit(edge.ask, {"message": "hang", "stream": True})
        over_grpc = pool.submit(edge.grpc_error, "hang")
        with edge.asked({"message": "hang-late", "stream": True}) as connection:
            response = connection.getresponse()
            with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
                response.read()
    for reply in (asked.result(), never_begins.result()):
        assert reply.error(504) == TOO_SLOW
        assert reply.one("retry-after") == "1"
        assert reply.window() == (60, 58)
    error = over_grpc.result()
    assert (error.code(), error.details()) == (grpc.StatusCode.DEADLINE_EXCEEDED, TOO_SLOW)
    eventually(lambda: len(parts["chat"].calls("cancelled")) >= cancelled + 4, what="Chat was told to stop")


def test_a_stream_lasts_longer_than_any_timeout_while_it_makes_progress(edge: Edge) -> None:
    started = time.monotonic()
    reply = edge.ask({"message": f"many {60 * TIMEOUT:.0f}", "stream": True})
    assert time.monotonic() - started > TIMEOUT
    assert reply.body.endswith(b'data: {"type":"done"}\n\n')


@pytest.mark.parametrize(("question", "stream"), [("hang", False), ("hang", True), ("hang-late", True)])
def test_when_the_client_leaves_chat_stops_within_half_a_second(
    edge: Edge, parts: dict[str, Stubs], question: str, stream: bool
) -> None:
    def seconds_to_stop() -> float:
        calls, cancelled = (len(parts["chat"].calls(what)) for what in ("chat", "cancelled"))
        with edge.asked({"message": question, "stream": stream}) as connection:
            eventually(lambda: len(parts["chat"].calls("chat")) > calls, what="Chat has the question")
            if question == "hang-late":
                connection.getresponse().readline()
        left = time.time()
        eventually(lambda: len(parts["chat"].calls("cancelled")) > cancelled, what="Chat was told to stop")
        return float(parts["chat"].last("cancelled")["at"]) - left

    is_once_within(0.5, seconds_to_stop)


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::7"),
        (None, "127.0.0.1"),
        ("no address", "127.0.0.1"),
    ],
)
def test_one_trusted_proxy_is_believed_and_nothing_before_it(
    edge: Edge, parts: dict[str, Stubs], forwarded: str | None, client: str
) -> None:
    headers = {"content-type": "application/json", "forwarded": "for=8.8.8.8", "x-real-ip": "8.8.8.8"}
    edge.ask({"message": "hi"}, headers=headers if forwarded is None else {**headers, "x-forwarded-for": forwarded})
    assert parts["auth"].last("auth")["client"] == client


def test_connections_above_the_limit_are_closed_at_once(edge: Edge) -> None:
    eventually(
        lambda: set(re.findall(r"active: (\d+)", edge.admin(STATS))) == {"0"}, what="earlier connections are gone"
    )
    with ExitStack() as stack:
        held = [stack.enter_context(edge.connected()) for _ in range(CONNECTIONS)]
        for connection in held:
            connection.sendall(b"GET /none HTTP/1.1\r\nhost: x\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 404")
        one_more = stack.enter_context(edge.connected())
        with pytest.raises((ConnectionResetError, AssertionError)):
            assert one_more.recv(1), "closed"
    eventually(edge.is_answering, what="there is room again")
