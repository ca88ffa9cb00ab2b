"""Replies of POST /v1/chat, whoever makes them: their form, their headers, and the order of the checks."""

import http.client
import json
import time
from contextlib import closing

import pytest

from tests.edge.edge_stack import EDGE_TOKEN, JSON, WINDOW_HEADERS, Edge, Reply

UNAVAILABLE = "The service is temporarily unavailable. Please try again."
INTERNAL = "Something went wrong on our side. Please try again; if it stays, report the X-Request-Id."
NOTHING_HERE = "There is nothing here. The endpoint is POST /v1/chat."
TOO_LARGE = b'{"message":"hi"}' + b" " * 65536


def events(reply: Reply) -> list[dict[str, object]]:
    """The events of a stream, whose framing is checked to the byte."""
    assert reply.one("content-type") == "text/event-stream"
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
    started = time.monotonic()
    assert b"200 OK" in edge.send(head + body, until_closed=False)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
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


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
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


@pytest.mark.parametrize("key", [None, "wrong", ""])
@pytest.mark.parametrize("body", [{"message": "hi"}, {"message": "hi", "stream": True}, b"{", b"", None])
def test_no_valid_key_is_401_whatever_the_body(edge: Edge, key: str | None, body: object) -> None:
    reply = edge.ask(body, key=key)
    assert reply.error(401) == 'The API key is "missing" or invalid.'
    assert reply.one("www-authenticate") == "Bearer"
    assert reply.window() == (60, 59)


def test_a_key_that_may_not_is_403(edge: Edge) -> None:
    reply = edge.ask(b"{", key="forbidden")
    assert reply.error(403) == "This key may not be used from your address."
    assert reply.window() == (60, 60)


def test_too_many_failed_attempts_are_429(edge: Edge) -> None:
    reply = edge.ask(b"{", key="tried-too-often")
    assert reply.error(429) == "Too many failed attempts."
    assert reply.window() == (60, 0)
    assert (reply.one("retry-after"), reply.one("x-ratelimit-reason")) == ("17", "minute")


@pytest.mark.parametrize("body", [{"message": "hi"}, {"message": "hi", "stream": True}, b"{"])
def test_the_minute_limit_is_429_before_the_body_is_read(edge: Edge, body: object) -> None:
    reply = edge.ask(body, key="over-limit")
    assert reply.error(429) == "Too many requests in this minute."
    assert reply.window() == (200, 0)
    assert (reply.one("retry-after"), reply.one("x-ratelimit-reason")) == ("42", "minute")


def test_an_error_of_auth_is_503_and_speaks_of_failed_attempts(edge: Edge) -> None:
    reply = edge.ask({"message": "hi"}, key="auth-fails")
    assert reply.error(503) == UNAVAILABLE
    assert reply.window() == (60, 60)
    assert int(reply.one("retry-after")) > 0


def test_an_error_of_quota_is_503_and_speaks_of_the_keys_own_limit(edge: Edge) -> None:
    reply = edge.ask({"message": "hi"}, key="quota-fails")
    assert reply.error(503) == UNAVAILABLE
    assert reply.window() == (200, 200)
    assert int(reply.one("retry-after")) > 0


@pytest.mark.parametrize("key", ["good", None])
@pytest.mark.parametrize("path", ["/v1/chat", "/v1/chat?a=b"])
def test_a_body_over_64_kib_is_413_at_once(edge: Edge, key: str | None, path: str) -> None:
    calls = len(edge.stubs.calls("auth"))
    reply = edge.ask(TOO_LARGE, key=key, path=path)
    assert reply.error(413) == "Request body must not be larger than 64 KiB."
    assert len(edge.stubs.calls("auth")) == calls


def test_a_body_of_64_kib_is_not_too_large(edge: Edge) -> None:
    assert edge.ask(TOO_LARGE[:65536]).status == 200
    assert edge.ask(TOO_LARGE[:65537]).status == 413


def test_413_does_not_wait_for_the_end_of_a_chunked_body(edge: Edge) -> None:
    head = b"POST /v1/chat HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    received = edge.send(head + b"11000\r\n" + b"x" * 0x11000 + b"\r\n", until_closed=False)
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b'{"error":"Request body must not be larger than 64 KiB."}' in received


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("key", ["good", None])
def test_other_methods_are_405(edge: Edge, method: str, key: str | None) -> None:
    calls = len(edge.stubs.calls("auth"))
    headers = {"origin": "https://example.com", "access-control-request-method": "POST"}
    reply = edge.ask(method=method, key=key, headers=headers)
    assert reply.error(405) == "Method not allowed: use POST."
    assert reply.one("allow") == "POST"
    assert len(edge.stubs.calls("auth")) == calls


def test_head_is_405_without_a_body(edge: Edge) -> None:
    reply = edge.ask(method="HEAD")
    assert (reply.status, reply.body, reply.one("allow")) == (405, b"", "POST")
    reply.check_headers()


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    [
        *("/", "/v1", "/v1/chat/", "//v1/chat", "/v1//chat", "/v1/Chat", "/v1/chat:stream", "/v1/chat%3Astream"),
        *("/v1/chat;a=b", "/v1/chat%2F", "/v1%2Fchat", "/v1/chats", "/v2/chat", "/admin", "/ready", "/stats"),
        *("/chatmount.chat.v1.ChatService/Chat", "/chatmount.chat.v1.ChatService/StreamChat"),
        *("/chatmount.auth.v1.ApiKeyService/ListApiKeys", "/envoy.service.auth.v3.Authorization/Check"),
        *("/grpc.health.v1.Health/Check", "/v1/chat/../admin", "/v1/chat\\"),
    ],
)
def test_other_paths_are_404_with_or_without_a_key(edge: Edge, method: str, path: str) -> None:
    body = {"message": "hi", "stream": True} if method == "POST" else None
    calls = len(edge.stubs.calls("auth"))
    for key in ("good", None):
        assert edge.ask(body, method=method, path=path, key=key).error(404) == NOTHING_HERE
    assert len(edge.stubs.calls("auth")) == calls


@pytest.mark.parametrize("path", ["/v1/chat?", "/v1/chat?a=b", "/v1/./chat", "/v1/x/../chat", "/v1/%63hat"])
def test_other_spellings_of_the_path_are_the_path(edge: Edge, path: str) -> None:
    assert edge.ask({"message": "hi"}, path=path).status == 200


def test_no_reply_has_cors_headers(edge: Edge) -> None:
    headers = {"origin": "https://example.com", **JSON}
    for reply in (edge.ask({"message": "hi"}, headers=headers), edge.ask(b"", key=None, headers=headers)):
        assert not [name for name, _ in reply.headers if name.lower().startswith(("access-control", "vary"))]


def test_what_is_no_http_is_a_json_400(edge: Edge) -> None:
    received = edge.send(b"POST /v1/chat HTTP/1.1\r\nbad header\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.endswith(b'{"error":"The request is malformed."}\n')


@pytest.mark.parametrize("encoding", [b"gzip", b"gzip, chunked", b"identity"])
def test_an_unknown_transfer_encoding_is_the_clients_mistake(edge: Edge, encoding: bytes) -> None:
    received = edge.send(b"POST /v1/chat HTTP/1.1\r\nhost: a\r\ntransfer-encoding: " + encoding + b"\r\n\r\n0\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.endswith(b'{"error":"The request is malformed."}\n')


def test_a_tunnel_is_refused_at_once(edge: Edge) -> None:
    received = edge.send(b"CONNECT localhost:443 HTTP/1.1\r\nhost: localhost:443\r\n\r\n", until_closed=False)
    assert received.startswith(b"HTTP/1.1 404 ")
    assert NOTHING_HERE.encode() in received


def test_headers_that_are_too_large_are_a_json_431(edge: Edge) -> None:
    reply = edge.ask({"message": "hi"}, headers={"x-large": "x" * 40000})
    assert reply.status == 431
    assert reply.json() == {"error": "The request's headers are too large."}


def test_an_offer_to_upgrade_is_passed_over(edge: Edge) -> None:
    for protocol in ("websocket", "h2c"):
        headers = {**JSON, "connection": "Upgrade", "upgrade": protocol}
        assert edge.ask({"message": "hi"}, headers=headers).status == 200


def test_http_1_0_is_served(edge: Edge) -> None:
    body = b'{"message":"hi","stream":true}'
    head = b"POST /v1/chat HTTP/1.0\r\nauthorization: Bearer good\r\ncontent-length: %d\r\n\r\n" % len(body)
    received = edge.send(head + body)
    assert b" 200 OK" in received
    assert received.endswith(b'data: {"type":"done"}\n\n')


def test_what_a_client_says_of_itself_has_no_effect_inside(edge: Edge) -> None:
    forged = {
        "x-request-id": "11111111-1111-4111-8111-111111111111",
        "x-forwarded-for": "8.8.8.8",
        "x-forwarded-host": "evil",
        "x-forwarded-proto": "https",
        "x-real-ip": "8.8.8.8",
        "forwarded": "for=8.8.8.8",
        "x-envoy-external-address": "8.8.8.8",
        "x-envoy-internal": "true",
        "x-envoy-original-path": "/v1/chat:stream",
        "x-envoy-upstream-rq-timeout-ms": "1",
        "x-envoy-retry-on": "5xx",
        "x-chatmount-grpc-status": "0",
        "x-chatmount-chatbot": "bot_evil",
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
    reply = edge.ask({"message": "hi"})
    auth, quota = edge.stubs.last("auth"), edge.stubs.last("quota")
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


def test_two_keys_are_no_key(edge: Edge) -> None:
    head = b"POST /v1/chat HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n"
    received = edge.send(head + b"authorization: Bearer good\r\nauthorization: Bearer wrong\r\n\r\n{}")
    assert received.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(("length", "seen"), [(1, 1), (255, 255), (256, 256), (20000, 256)])
def test_an_idempotency_key_reaches_chat_cut_where_it_is_too_long_anyway(edge: Edge, length: int, seen: int) -> None:
    assert edge.ask({"message": "hi"}, headers={**JSON, "idempotency-key": "k" * length}).status == 200
    assert len(edge.stubs.last("chat")["metadata"]["idempotency-key"]) == seen


def test_every_reply_says_each_rate_limit_header_once(edge: Edge) -> None:
    for key in ("good", "wrong", "forbidden", "over-limit", "quota-fails", "auth-fails", "tried-too-often", None):
        for body in ({"message": "hi"}, {"message": "hi", "stream": True}, b"{", {"message": "abort ABORTED"}):
            reply = edge.ask(body, key=key)
            assert [len(reply.all(name)) for name in WINDOW_HEADERS] == [1, 1, 1], (key, body)


def test_one_connection_serves_many_requests_whatever_becomes_of_them(edge: Edge) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", edge.http_port, timeout=10)) as connection:
        connection.connect()
        first = connection.sock
        for key, body, status in (
            ("good", b'{"message":"hi"}', 200),
            ("good", b"{", 400),
            ("wrong", b'{"message":"hi"}', 401),
            ("over-limit", b'{"message":"hi"}', 429),
            ("good", b'{"message":"hi","stream":true}', 200),
            ("good", b'{"message":"abort NOT_FOUND","stream":true}', 404),
            ("good", b'{"message":"crash"}', 500),
            ("good", b'{"message":"hi"}', 200),
        ):
            headers = {"authorization": f"Bearer {key}", **JSON}
            connection.request("POST", "/v1/chat", body, headers)
            response = connection.getresponse()
            response.read()
            assert response.status == status
            assert connection.sock is first, f"the connection ended with {status}"
