"""A flood of questions: what Chat would refuse is refused before anybody is asked. On an Envoy of its own."""

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import grpc
import pytest

from services.errors import Text
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_reply import Reply
from tests.edge.edge_stack import JSON, Edge, running_edge
from tests.waiting import PATIENCE, eventually

QUESTIONS, CALLERS = 60, 6
FORGOTTEN_SECONDS = 5
"""Ten times what edge.lua goes by."""


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory, stubs: Stubs) -> Iterator[Edge]:
    with running_edge(tmp_path_factory.mktemp("edge-flood"), stubs) as running:
        yield running


def ask_all(edge: Edge, message: str, questions: int) -> list[Reply]:
    """The replies to so many questions, one after the other on one connection."""
    replies = []
    with closing(http.client.HTTPConnection("127.0.0.1", edge.http_port, timeout=PATIENCE)) as connection:
        connection.connect()
        there = connection.sock
        for _ in range(questions):
            body, headers = json.dumps({"message": message}), {"authorization": "Bearer good", **JSON}
            connection.request("POST", "/v1/chat", body, headers)
            response = connection.getresponse()
            replies.append(Reply(response.status, tuple(response.getheaders()), response.read()))
        assert connection.sock is there
    return replies


def flood(edge: Edge) -> list[Reply]:
    """The replies to QUESTIONS, of which CALLERS are on their way at once: one by one they might be too few."""
    with ThreadPoolExecutor(CALLERS) as callers:
        parts = callers.map(lambda _: ask_all(edge, "flood", QUESTIONS // CALLERS), range(CALLERS))
        return [reply for part in parts for reply in part]


def test_what_chat_would_refuse_is_refused_at_the_edge(flooded: Edge, stubs: Stubs) -> None:
    seen = len(stubs.calls("chat"))
    replies = flood(flooded)
    for reply in replies:
        assert reply.error(503) == Text.OVERLOADED.template
        assert reply.one("retry-after") == "1"
        reply.window()
    asked = len(stubs.calls("chat")) - seen
    assert 0 < asked < QUESTIONS
    # Whatever is no question gets through, and a question over gRPC is refused alike.
    assert flooded.ask(method="GET", path="/nothing").status == 404
    assert flooded.ask(key=None, method="GET", path="/dashboard/sign-in").status == 200
    error = flooded.grpc_error("flood")
    assert (error.code(), error.details()) == (grpc.StatusCode.UNAVAILABLE, Text.OVERLOADED.template)


def test_when_chat_has_room_again_all_are_answered_and_it_hears_how_many_were_not(flooded: Edge, stubs: Stubs) -> None:
    begun = len(stubs.calls("chat"))
    flood(flooded)
    refused = QUESTIONS - (len(stubs.calls("chat")) - begun)
    more = 0

    def is_over() -> bool:
        nonlocal more
        shed = [reply.status for reply in ask_all(flooded, "hi", 20)].count(503)
        more += shed
        return not shed

    eventually(is_over)
    told = [int(call["metadata"].get("x-chatmount-refused", 0)) for call in stubs.calls("chat")[begun:]]
    assert sum(told) >= refused + more


def test_refusals_that_come_late_are_no_debt(flooded: Edge) -> None:
    eventually(lambda: {reply.status for reply in ask_all(flooded, "hi", 20)} == {200})
    with ThreadPoolExecutor(QUESTIONS) as callers:
        late = [callers.submit(flooded.ask, {"message": "flood 2"}) for _ in range(QUESTIONS)]
        while not all(one.done() for one in late):
            # Questions that came before the refusals are forgotten sooner.
            ask_all(flooded, "hi", 1)
            time.sleep(0.1)
    assert {one.result().status for one in late} == {503}
    ask_all(flooded, "hi", 20)
    time.sleep(FORGOTTEN_SECONDS)
    assert {reply.status for reply in ask_all(flooded, "hi", 20)} == {200}


def test_other_refusals_of_chat_are_no_flood(flooded: Edge, stubs: Stubs) -> None:
    eventually(lambda: {reply.status for reply in ask_all(flooded, "hi", 20)} == {200})
    seen = len(stubs.calls("chat"))
    assert {reply.status for reply in ask_all(flooded, "abort UNAVAILABLE", QUESTIONS)} == {503}
    assert len(stubs.calls("chat")) - seen == QUESTIONS
