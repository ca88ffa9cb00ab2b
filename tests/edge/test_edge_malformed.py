"""What is no HTTP: a 400 in the form of every error, with an id and a window."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.each import for_each
from tests.edge.edge_reply import parse
from tests.edge.edge_stack import Edge
from tests.waiting import eventually

HEAD = b"POST /v1/chat HTTP/1.1\r\nhost: x\r\nauthorization: Bearer good\r\n"
NO_HTTP = "The request is malformed."
MALFORMED = {
    "no colon": HEAD + b"bad header\r\n\r\n",
    "a key with a control character": HEAD + b"idempotency-key: a\x7f\r\ncontent-length: 0\r\n\r\n",
    "no host": HEAD.replace(b"host: x\r\n", b"") + b"\r\n",
    "two lengths": HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "an invalid length": HEAD + b"content-length: -1\r\n\r\n",
    "a broken chunk": HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
    "gzip": HEAD + b"transfer-encoding: gzip\r\n\r\n0\r\n\r\n",
    "gzip, chunked": HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "identity": HEAD + b"transfer-encoding: identity\r\n\r\n0\r\n\r\n",
    "a header of Envoy's own as hop-by-hop": HEAD + b"connection: x-forwarded-proto\r\n\r\n",
    "no HTTP at all": b"hello\r\n\r\n",
    "https:// without TLS": HEAD.replace(b"/v1/chat", b"https://x/v1/chat") + b"\r\n",
    "another scheme": HEAD.replace(b"/v1/chat", b"ftp://x/v1/chat") + b"\r\n",
    "two hosts": HEAD + b"host: y\r\n\r\n",
    "the same host twice": HEAD + b"Host: x\r\ncontent-length: 16\r\n\r\n" + b'{"message":"hi"}',
    "an invalid host": HEAD.replace(b"host: x", b"host: x/y") + b"\r\n",
    "a list of hosts": HEAD.replace(b"host: x", b"host: x, y") + b"\r\n",
    "a length and chunks": HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks and a length": HEAD + b"transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks twice": HEAD + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "the same length twice": HEAD + b"content-length: 2\r\ncontent-length: 2\r\n\r\n{}",
    "a list of lengths": HEAD + b"content-length: 2, 2\r\n\r\n{}",
    "a length with a sign": HEAD + b"content-length: +2\r\n\r\n{}",
    "a hexadecimal length": HEAD + b"content-length: 0x2\r\n\r\n{}",
    "an endless length": HEAD + b"content-length: 99999999999999999999999\r\n\r\n{}",
    "a space before a colon": HEAD + b"x-a : b\r\n\r\n",
    "a line that goes on before any": HEAD.replace(b"host", b" host") + b"\r\n",
    "chunks with bare line feeds": HEAD + b"transfer-encoding: chunked\r\n\r\n2\n{}\n0\n\n",
    "a fragment": HEAD.replace(b"/v1/chat", b"/v1/chat#a") + b"\r\n",
    "an escaped null": HEAD.replace(b"/v1/chat", b"/v1/chat%00") + b"\r\n",
    "a path that begins with no slash": HEAD.replace(b"/v1/chat", b"v1/chat") + b"\r\n",
    "an invalid method": HEAD.replace(b"POST", b"post") + b"\r\n",
}


@pytest.fixture(scope="module")
def malformed(edge: Edge) -> dict[str, bytes]:
    """The replies to MALFORMED, asked together: Envoy closes each connection after 0.5 s."""
    with ThreadPoolExecutor(len(MALFORMED)) as pool:
        return dict(zip(MALFORMED, pool.map(edge.send, MALFORMED.values()), strict=True))


@for_each("what", MALFORMED)
def test_what_is_no_http_is_a_400_like_any_other(edge: Edge, malformed: dict[str, bytes], what: str) -> None:
    reply = parse(malformed[what])
    assert reply.error(400) == NO_HTTP
    assert reply.window() == (60, 60)
    eventually(
        lambda: f'"request_id":"{reply.one("x-request-id")}"' in edge.access_log.read_text(), what="it is logged"
    )
