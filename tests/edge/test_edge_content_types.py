"""What a request is said to be: the path decides whether it is REST or gRPC."""

from collections.abc import Iterator

import httpx
import pytest

from tests.each import for_each
from tests.edge.edge_stack import TOO_LARGE, Edge

NEARLY_GRPC = [
    "application/grpc-web+proto",
    "application/grpcfoo",
    "application/grpc;x=y",
    "APPLICATION/GRPC",
    "text/a",
]
OTHERS = ["", "application/json;charset=x", "application/x-www-form-urlencoded"]


@for_each("kind", NEARLY_GRPC)
@for_each(
    "path",
    ["/chatmount.chat.v1.ChatService/Chat", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"],
)
def test_the_path_of_a_method_takes_grpc_alone_and_says_so(edge: Edge, path: str, kind: str) -> None:
    text = edge.ask(b"\0\0\0\0\0", path=path, headers={"content-type": kind}).error(404)
    assert text == (
        "Only calls of gRPC methods are answered here (POST, Content-Type: application/grpc). "
        "Over REST, the endpoint is POST /v1/chat."
    )


@for_each("kind", ["application/grpc", "application/grpc+proto", "application/grpc+json", *NEARLY_GRPC, *OTHERS])
def test_the_path_of_rest_takes_json_whatever_it_is_said_to_be(edge: Edge, kind: str) -> None:
    headers = {"content-type": kind, "te": "trailers", "grpc-timeout": "1n"}
    assert edge.ask({"message": "hi"}, headers=headers).json()["message"] == "You said: hi"
    streamed = edge.ask({"message": "hi", "stream": True}, headers=headers)
    assert streamed.one("content-type") == "text/event-stream; charset=utf-8"
    assert streamed.body.endswith(b'data: {"type":"done"}\n\n')
    assert edge.stubs.last("chat")["metadata"].get("te") != "trailers,trailers"


@for_each("kind", ["application/grpc", "application/grpc+proto"])
def test_errors_of_rest_are_those_of_rest_whatever_it_is_said_to_be(edge: Edge, kind: str) -> None:
    headers = {"content-type": kind}
    for body, key, status in (
        (b"\0\0\0\0\0", "good", 400),
        (b"{}", "wrong", 401),
        (b"{}", "forbidden", 403),
        (b"{}", "over-limit", 429),
        (b"{}", "tried-too-often", 429),
        (b"{}", "auth-fails", 503),
        (b"{}", "quota-fails", 503),
        (b" " * 65537, "good", 413),
        (b'{"message":"abort NOT_FOUND"}', "good", 404),
        (b'{"message":"crash","stream":true}', "good", 500),
    ):
        plain, said = edge.ask(body, key=key), edge.ask(body, key=key, headers=headers)
        assert said.error(status) == plain.error(status)
        volatile = {"x-request-id", "x-ratelimit-reset", "date", "content-length"}
        assert {h for h in said.headers if h[0] not in volatile} == {h for h in plain.headers if h[0] not in volatile}
    assert edge.ask(method="GET", headers=headers).error(405) == "Method not allowed: use POST."
    assert edge.ask(b"{}", path="/v1/chats", headers=headers).error(404).startswith("There is nothing here.")
    assert edge.ask(b"{}", path="/v1/chat#a", headers=headers).error(400) == "The request is malformed."


@pytest.fixture
def http2(edge: Edge) -> Iterator[httpx.Client]:
    with httpx.Client(
        http1=False,
        http2=True,
        base_url=f"http://127.0.0.1:{edge.http_port}",
        headers={"authorization": "Bearer good"},
        trust_env=False,
    ) as client:
        yield client


@pytest.mark.parametrize("question", ["hi", "abort-late NOT_FOUND"])
def test_json_over_http_2_has_no_grpc_trailers(http2: httpx.Client, question: str) -> None:
    with http2.stream("POST", "/v1/chat", json={"message": question, "stream": True}) as response:
        text = response.read().decode()
        assert response.http_version == "HTTP/2"
        assert not [name for name in response.headers if name.startswith("grpc")]
    assert ('"type":"done"' in text) == (question == "hi")


def test_a_body_that_is_too_large_is_413_over_http_2(http2: httpx.Client) -> None:
    for size in (65537, 200_000, 1_000_000):
        response = http2.post("/v1/chat", content=b" " * size)
        assert (response.status_code, response.json()) == (
            413,
            {"error": TOO_LARGE},
        )
