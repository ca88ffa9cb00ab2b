"""Refusals of POST /v1/chat: which come first, and what they tell."""

import pytest

from tests.each import for_each
from tests.edge.edge_stack import UNAVAILABLE, Edge


@pytest.fixture
def edge(either_edge: Edge) -> Edge:
    return either_edge


@for_each("key", [None, "wrong", ""])
@for_each("body", [{"message": "hi"}, {"message": "hi", "stream": True}, b"{", b"", None])
def test_no_valid_key_is_401_whatever_the_body(edge: Edge, key: str | None, body: object) -> None:
    reply = edge.ask(body, key=key)
    assert reply.error(401) == 'The API key is "missing" or invalid.'
    assert reply.one("www-authenticate") == "Bearer"
    assert reply.window() == (60, 59)


@for_each("body", [{"message": "hi"}, {"message": "hi", "stream": True}, b"{"])
@for_each(
    ("key", "status", "text", "window", "retry_after", "reason"),
    [
        ("forbidden", 403, "This key may not be used from your address.", (60, 60), [], []),
        ("tried-too-often", 429, "Too many failed attempts.", (60, 0), ["17"], ["minute"]),
        ("over-limit", 429, "Too many requests in this minute.", (200, 0), ["42"], ["minute"]),
        # The limit on failed attempts, and the key's own.
        ("auth-fails", 503, UNAVAILABLE, (60, 60), ["1"], []),
        ("quota-fails", 503, UNAVAILABLE, (200, 200), ["1"], []),
    ],
)
def test_a_refusal_comes_before_the_body_is_read(
    edge: Edge,
    body: object,
    key: str,
    status: int,
    text: str,
    window: tuple[int, int],
    retry_after: list[str],
    reason: list[str],
) -> None:
    reply = edge.ask(body, key=key)
    assert reply.error(status) == text
    assert reply.window() == window
    assert (reply.all("retry-after"), reply.all("x-ratelimit-reason")) == (retry_after, reason)


def test_a_refusal_of_the_body_has_the_keys_window(edge: Edge) -> None:
    reply = edge.ask(b"{")
    reply.error(400)
    assert reply.window() == (60, 58)


def test_two_keys_are_no_key(edge: Edge) -> None:
    head = b"POST /v1/chat HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n"
    received = edge.send(head + b"authorization: Bearer good\r\nauthorization: Bearer wrong\r\n\r\n{}")
    assert received.startswith(b"HTTP/1.1 401 ")
