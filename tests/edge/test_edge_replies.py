"""Replies of POST /v1/chat: their form, their headers, and what the services are asked."""

import json

import pytest

from tests.each import for_each
from tests.edge.edge_reply import Reply
from tests.edge.edge_stack import EDGE_TOKEN, INTERNAL, JSON, UNAVAILABLE, Edge


@pytest.fixture
def edge(either_edge: Edge) -> Edge:
    return either_edge


def events(reply: Reply) -> list[dict[str, object]]:
    """The events of a stream, whose framing is checked to the byte."""
    assert reply.one("content-type") == "text/event-stream; charset=utf-8"
    *frames, rest = reply.body.decode().split("\n\n")
    assert rest == ""
    assert all(frame.startswith("data: {") and "\n" not in frame for frame in frames)
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]


def test_an_answer(edge: Edge) -> None:
    reply = edge.ask({"message": "hi"})
    assert reply.status == 200
    assert reply.json() == {
        "message": "You said: hi",
        "sources": [{"url": "https://example.com/a", "title": "A “page”"}],
        "usage": {"credits_used": 1, "credits_remaining": 0},
    }
    assert reply.one("cache-control") == "no-store"
    assert reply.window() == (60, 58)
    reply.check_headers()


def test_a_streamed_answer(edge: Edge) -> None:
    reply = edge.ask({"message": "hi", "stream": True})
    assert reply.status == 200
    assert events(reply) == [
        {"type": "token", "content": "You "},
        {"type": "token", "content": "said: hi"},
        {"type": "sources", "sources": []},
        {"type": "done"},
    ]
    assert reply.body.startswith(b'data: {"type":"token","content":"You "}\n\n')
    assert reply.one("cache-control") == "no-store"
    assert reply.window() == (60, 58)
    reply.check_headers()


def test_an_answer_larger_than_any_request_passes(edge: Edge) -> None:
    text = "x" * 65500
    reply = edge.ask({"message": text})
    assert reply.json()["message"] == f"You said: {text}"
    assert len(reply.body) > 65536


def test_events_leave_when_they_are_made(edge: Edge) -> None:
    body = b'{"message":"hang-late","stream":true}'
    head = b"POST /v1/chat HTTP/1.1\r\nhost: x\r\nauthorization: Bearer good\r\ncontent-length: %d\r\n\r\n" % len(body)
    assert b"200 OK" in edge.send(head + body, until_closed=False)


@for_each("stream", [False, True])
@for_each(
    ("code", "status"),
    [
        *(("INVALID_ARGUMENT", 400), ("PERMISSION_DENIED", 403), ("NOT_FOUND", 404)),
        *(("ALREADY_EXISTS", 409), ("ABORTED", 409), ("RESOURCE_EXHAUSTED", 429), ("UNAVAILABLE", 503)),
        ("DEADLINE_EXCEEDED", 504),
    ],
)
def test_an_error_of_chat_is_said_in_its_words(edge: Edge, code: str, status: int, stream: bool) -> None:
    reply = edge.ask({"message": f"abort {code}", "stream": stream})
    assert reply.error(status) == "Something “quoted” \\ was not found.\nSecond line: 100 %"
    assert reply.one("retry-after") == "7"
    assert reply.one("x-ratelimit-reason") == "day"
    assert reply.window() == (60, 58)


@for_each("stream", [False, True])
@for_each(
    "question",
    ["crash", "abort INTERNAL", "abort UNKNOWN", "abort UNIMPLEMENTED", "abort UNAUTHENTICATED", "abort DATA_LOSS"],
)
def test_an_accident_in_chat_says_nothing_of_the_inside(edge: Edge, question: str, stream: bool) -> None:
    reply = edge.ask({"message": question, "stream": stream})
    assert reply.error(500) == INTERNAL
    assert reply.window() == (60, 58)


def test_a_call_that_chat_cancelled_can_be_tried_again(edge: Edge) -> None:
    reply = edge.ask({"message": "abort CANCELLED"})
    assert reply.error(503) == UNAVAILABLE
    assert int(reply.one("retry-after")) > 0


def test_what_a_client_says_of_itself_has_no_effect_inside(edge: Edge) -> None:
    forged = {
        "x-request-id": "11111111-1111-4111-8111-111111111111",
        "x-forwarded-for": "8.8.8.8",
        "x-forwarded-host": "evil",
        "x-forwarded-proto": "https",
        "x-real-ip": "8.8.8.8",
        "true-client-ip": "8.8.8.8",
        "cf-connecting-ip": "8.8.8.8",
        "forwarded": "for=8.8.8.8",
        "x-envoy-external-address": "8.8.8.8",
        "x-envoy-internal": "true",
        "x-envoy-original-path": "/v1/chat:stream",
        "x-envoy-upstream-rq-timeout-ms": "1",
        "x-envoy-retry-on": "5xx",
        "x-chatmount-grpc-status": "0",
        **{f"x-chatmount-{name}": "evil" for name in ("chatbot", "principal", "account", "plan", "key-id")},
        "x-ratelimit-limit": "1000000",
        "grpc-timeout": "1n",
        "te": "trailers",
        "cookie": "a=b",
        **JSON,
    }
    reply = edge.ask({"message": "hi"}, headers=forged)
    assert reply.status == 200
    assert reply.window() == (60, 58)
    assert reply.one("x-request-id") != forged["x-request-id"]
    assert edge.stubs.last("auth")["client"] == "127.0.0.1"
    seen = edge.stubs.last("chat")["metadata"]
    assert seen["authorization"] == "Bearer jwt-of-good"
    assert seen["x-request-id"] == reply.one("x-request-id")
    seen_beside = set(seen) - {"authorization", "x-request-id", "user-agent"}
    assert seen_beside == {"x-forwarded-proto", "x-envoy-original-path", "x-envoy-original-method"}
    assert (seen["x-forwarded-proto"], seen["x-envoy-original-path"]) == ("http", "/v1/chat")


def test_auth_and_quota_are_asked_by_the_edge_itself(edge: Edge) -> None:
    counted = len(edge.stubs.calls("quota"))
    reply = edge.ask({"message": "hi"})
    auth, quota = edge.stubs.last("auth"), edge.stubs.last("quota")
    assert len(edge.stubs.calls("quota")) == counted + 1
    assert auth["headers"] == {
        "authorization": "Bearer good",
        "x-envoy-external-address": "127.0.0.1",
        "x-request-id": reply.one("x-request-id"),
    }
    assert auth["body"] == ""
    for call in (auth, quota):
        assert call["metadata"]["authorization"] == f"Bearer {EDGE_TOKEN}"
        assert call["metadata"]["x-request-id"] == reply.one("x-request-id")
    assert quota["domain"] == "chatmount"
    assert quota["descriptors"] == [{"key_id": "key_good", "plan": "plus"}]


@for_each(("length", "seen"), [(1, 1), (255, 255), (256, 256), (20000, 256)])
def test_an_idempotency_key_reaches_chat_cut_where_it_is_too_long_anyway(edge: Edge, length: int, seen: int) -> None:
    assert edge.ask({"message": "hi"}, headers={**JSON, "idempotency-key": "k" * length}).status == 200
    assert len(edge.stubs.last("chat")["metadata"]["idempotency-key"]) == seen
