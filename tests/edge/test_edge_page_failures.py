"""Pages of the dashboard while web or Auth is down, slow or frozen, and pages that stream."""

import http.client
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.each import for_each
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import UNAVAILABLE, Edge, running_edge
from tests.edge.test_edge_forms import refusal
from tests.edge.visits import visit
from tests.waiting import PATIENCE, eventually

# More than a busy machine stands still.
SLOW_SECONDS = 3.5


@pytest.fixture(scope="module")
def web(directory: Path) -> Iterator[Stubs]:
    started = Stubs(directory / "web.jsonl", ("web",)).start()
    yield started
    started.close()


@pytest.fixture(scope="module")
def edge(directory: Path, web: Stubs, stubs: Stubs) -> Iterator[Edge]:
    everything = Stubs(stubs.record, (), {**stubs.ports, **web.ports})
    with running_edge(
        directory,
        everything,
        page_seconds=SLOW_SECONDS,
        stream_idle_seconds=SLOW_SECONDS,
        request_seconds=1.5,
    ) as running:
        yield running


def test_a_session_that_can_not_be_looked_up_is_503(edge: Edge) -> None:
    reply = visit(edge, cookie="auth-fails")
    assert refusal(reply, 503) == UNAVAILABLE
    assert int(reply.one("retry-after")) > 0


def test_a_page_that_takes_too_long_is_504(edge: Edge) -> None:
    reply = visit(edge, "/dashboard/hang")
    assert refusal(reply, 504) == "This took too long. Please try again."
    assert int(reply.one("retry-after")) > 0


def test_web_dying_under_a_page_is_503(edge: Edge) -> None:
    assert refusal(visit(edge, "/dashboard/crash"), 503) == UNAVAILABLE


def test_a_form_that_does_not_arrive_is_408(edge: Edge) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", edge.http_port, timeout=PATIENCE)) as connection:
        connection.putrequest("POST", "/dashboard/sign-in")
        connection.putheader("origin", f"http://127.0.0.1:{edge.http_port}")
        connection.putheader("content-length", "10")
        connection.endheaders(b"a=")
        response = connection.getresponse()
        assert response.status == 408
        assert b"The request did not arrive in time." in response.read()


def stream(edge: Edge, path: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", edge.http_port, timeout=PATIENCE)
    connection.request("GET", path, headers={"cookie": "__Host-chatmount=good"})
    return connection, connection.getresponse()


@for_each("path", ["/dashboard/bot_1/sources/progress", "/dashboard/bot_1/ask"])
def test_events_leave_when_they_are_made_and_a_silent_stream_ends(edge: Edge, path: str) -> None:
    connection, response = stream(edge, path)
    with closing(connection):
        assert response.read() == b"data: one\n\ndata: two\n\n"
    connection, response = stream(edge, f"{path}?pause=60")
    with closing(connection):
        assert response.readline() == b"data: one\n"
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            response.read()


def test_a_web_that_is_down_is_503_at_once_and_found_again_soon(edge: Edge, web: Stubs) -> None:
    web.kill()
    try:
        for _ in range(3):
            # A page that is waited for is 504.
            assert refusal(visit(edge), 503) == UNAVAILABLE
        assert edge.ask({"message": "hi"}).status == 200
    finally:
        web.start()
    eventually(lambda: visit(edge).status == 200, what="web is found again")


def test_a_frozen_web_is_503_at_once_when_that_is_known(edge: Edge, web: Stubs) -> None:
    assert web.process is not None
    web.process.send_signal(signal.SIGSTOP)
    try:
        eventually(lambda: visit(edge).status == 503, what="that is known")
        assert refusal(visit(edge), 503) == UNAVAILABLE
    finally:
        web.process.send_signal(signal.SIGCONT)
    eventually(lambda: visit(edge).status == 200, what="web is found again")
