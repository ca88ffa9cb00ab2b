"""HTTP at the public port: sizes, methods, paths, protocols and connections."""

import http.client
import socket
from contextlib import closing

import httpx

from tests.each import for_each
from tests.edge.edge_reply import parse
from tests.edge.edge_stack import JSON, NOTHING_HERE, TOO_LARGE, Edge
from tests.waiting import PATIENCE, eventually

LARGE_BODY = b'{"message":"hi"}' + b" " * 65536


@for_each("key", ["good", "wrong", None])
@for_each("path", ["/v1/chat", "/v1/chat?a=b"])
def test_a_body_over_64_kib_is_413_at_once(edge: Edge, key: str | None, path: str) -> None:
    calls = len(edge.stubs.calls("auth"))
    reply = edge.ask(LARGE_BODY, key=key, path=path)
    assert reply.error(413) == TOO_LARGE
    assert len(edge.stubs.calls("auth")) == calls


@for_each("body", [b"x" * 1024 * 1024, b"x" * 5 * 1024 * 1024, [b"x" * 8192] * 40])
def test_a_client_that_sends_much_more_reads_the_413_too(edge: Edge, body: bytes | list[bytes]) -> None:
    content = body if isinstance(body, bytes) else iter(body)
    reply = httpx.post(f"http://127.0.0.1:{edge.http_port}/v1/chat", content=content, trust_env=False)
    assert (reply.status_code, reply.json()) == (413, {"error": TOO_LARGE})


def test_a_body_of_64_kib_is_not_too_large(edge: Edge) -> None:
    assert edge.ask(LARGE_BODY[:65536]).status == 200
    assert edge.ask(LARGE_BODY[:65537]).status == 413


def test_413_does_not_wait_for_the_end_of_a_chunked_body(edge: Edge) -> None:
    head = b"POST /v1/chat HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    received = edge.send(head + b"11000\r\n" + b"x" * 0x11000 + b"\r\n", until_closed=False)
    assert received.startswith(b"HTTP/1.1 413 ")
    assert TOO_LARGE.encode() in received


@for_each("version", [b"1.0", b"1.1"])
def test_413_does_not_wait_for_a_body_whose_length_is_said(edge: Edge, version: bytes) -> None:
    head = b"POST /v1/chat HTTP/" + version + b"\r\nhost: x\r\ncontent-length: 65537\r\n"
    reply = parse(edge.send(head + b"\r\n"))
    assert reply.error(413) == TOO_LARGE
    assert reply.all("x-ratelimit-limit") == []
    assert parse(edge.send(head.replace(b"/v1/chat", b"/other") + b"\r\n", until_closed=False)).status == 404


@for_each("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@for_each("key", ["good", None])
def test_other_methods_are_405(edge: Edge, method: str, key: str | None) -> None:
    calls = len(edge.stubs.calls("auth"))
    reply = edge.ask(method=method, key=key)
    assert reply.error(405) == "Method not allowed: use POST."
    assert reply.one("allow") == "POST"
    assert len(edge.stubs.calls("auth")) == calls


@for_each("kind", ["application/json", "application/grpc"])
def test_head_is_405_without_a_body(edge: Edge, kind: str) -> None:
    reply = edge.ask(method="HEAD", headers={"content-type": kind})
    assert (reply.status, reply.body, reply.one("allow")) == (405, b"", "POST")
    reply.check_headers()


@for_each("method", ["GET", "POST", "OPTIONS"])
@for_each(
    "path",
    [
        *(
            "/",
            "/v1",
            "/v1/",
            "/V1/CHAT",
            "/v1/chat/",
            "/v1/chat/x",
            "/v1/keys",
            "/metrics",
            "/healthz/",
            "/favicon.ico",
        ),
        *("/..%2f..%2fetc/passwd", "/chatmount.quota.v1.QuotaService/Reserve"),
        *("//v1/chat", "/v1//chat", "/v1/Chat", "/v1/chat:stream", "/v1/chat%3Astream"),
        *("/v1/chat;a=b", "/v1/chat%2F", "/v1%2Fchat", "/v1/chats", "/v2/chat", "/admin", "/ready", "/stats"),
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


@for_each("path", ["/v1/chat?", "/v1/chat?a=b", "/v1/./chat", "/v1/x/../chat", "/v1/%63hat", "/v1\\chat"])
def test_other_spellings_of_the_path_are_the_path(edge: Edge, path: str) -> None:
    assert edge.ask({"message": "hi"}, path=path).status == 200


def test_no_reply_has_cors_headers(edge: Edge) -> None:
    headers = {"origin": "https://example.com", "access-control-request-method": "POST", **JSON}
    for reply in (
        edge.ask({"message": "hi"}, headers=headers),
        edge.ask(b"", key=None, headers=headers),
        edge.ask(method="OPTIONS", headers=headers),
    ):
        assert not [name for name, _ in reply.headers if name.lower().startswith(("access-control", "vary"))]


HEAD = b"POST /v1/chat HTTP/1.1\r\nhost: x\r\nauthorization: Bearer good\r\n"


def test_a_tunnel_is_refused_at_once(edge: Edge) -> None:
    received = edge.send(b"CONNECT localhost:443 HTTP/1.1\r\nhost: localhost:443\r\n\r\n", until_closed=False)
    assert received.startswith(b"HTTP/1.1 404 ")
    assert NOTHING_HERE.encode() in received


def test_a_target_that_is_no_path_is_404_with_an_id(edge: Edge) -> None:
    assert parse(edge.send(b"OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).error(404) == NOTHING_HERE


def test_a_whole_url_is_the_path_in_it(edge: Edge) -> None:
    head = HEAD.replace(b"/v1/chat", b"http://other/v1/chat") + b"connection: close\r\ncontent-length: 16\r\n\r\n"
    assert parse(edge.send(head + b'{"message":"hi"}')).status == 200


def test_headers_that_are_too_large_are_a_json_431(edge: Edge) -> None:
    reply = edge.ask({"message": "hi"}, headers={"x-large": "x" * 40000})
    assert reply.error(431) == "The request's headers are too large."
    assert reply.window() == (60, 60)


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


def test_one_connection_serves_many_requests_whatever_becomes_of_them(edge: Edge) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", edge.http_port, timeout=PATIENCE)) as connection:
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


def test_a_client_that_closes_its_sending_half_has_left(edge: Edge) -> None:
    calls, cancelled = (len(edge.stubs.calls(what)) for what in ("chat", "cancelled"))
    with edge.asked({"message": "hang"}) as connection:
        eventually(lambda: len(edge.stubs.calls("chat")) > calls, what="Chat has the question")
        connection.sock.shutdown(socket.SHUT_WR)
        eventually(lambda: len(edge.stubs.calls("cancelled")) > cancelled, what="Chat was told to stop")
