"""A service that keeps its connections and says nothing, like a frozen process."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import UNAVAILABLE, Edge, running_edge
from tests.waiting import eventually

PING_SECONDS = 0.25
# A machine that stands still for two seconds freezes nothing.
FROZEN_SECONDS = 4


@pytest.fixture(scope="module")
def chat(directory: Path) -> Iterator[Stubs]:
    started = Stubs(directory / "chat.jsonl", ("chat",)).start()
    yield started
    started.close()


@pytest.fixture(scope="module")
def edge(directory: Path, chat: Stubs) -> Iterator[Edge]:
    others = Stubs(directory / "others.jsonl", ("auth", "quota", "retrieval")).start()
    try:
        everything = Stubs(others.record, (), {**others.ports, **chat.ports})
        with running_edge(
            directory, everything, keepalive_seconds=PING_SECONDS, keepalive_timeout_seconds=FROZEN_SECONDS
        ) as running:
            yield running
    finally:
        others.close()


def test_a_frozen_service_is_503_long_before_an_answer_could_take_too_long(edge: Edge, chat: Stubs) -> None:
    assert edge.ask({"message": "hi"}).status == 200
    assert chat.process is not None
    chat.process.send_signal(signal.SIGSTOP)
    try:
        # What takes too long is 504.
        reply = edge.ask({"message": "hi"})
    finally:
        chat.process.send_signal(signal.SIGCONT)
    assert reply.error(503) == UNAVAILABLE
    assert int(reply.one("retry-after")) > 0
    assert reply.window() == (60, 58)
    eventually(lambda: edge.ask({"message": "hi"}).status == 200, what="chat is found again")


def test_a_silent_answer_outlives_any_number_of_pings(edge: Edge) -> None:
    with edge.asked({"message": "hang-late", "stream": True}) as connection:
        response = connection.getresponse()
        assert response.readline().startswith(b'data: {"type":"token"')
        assert response.readline() == b"\n"
        connection.sock.settimeout(8 * PING_SECONDS)
        with pytest.raises(TimeoutError):
            response.read(1)
