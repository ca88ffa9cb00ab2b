"""Native gRPC through the public ports, under the same key, limits and errors."""

import threading
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from services.rpc.reflection import ALPHA, CALLER_HEADER, PUBLIC_HEADER, STREAMS_PER_CALLER, V1
from tests.edge.edge_stack import INTERNAL, TOO_LARGE, UNAVAILABLE, WINDOW_HEADERS, Edge

CHAT_TEXT = "Something “quoted” \\ was not found.\nSecond line: 100 %"


@pytest.fixture(params=["plain", "tls"])
def channel(request: pytest.FixtureRequest, edge: Edge) -> Iterator[grpc.Channel]:
    if request.param == "plain":
        opened = grpc.insecure_channel(f"127.0.0.1:{edge.http_port}")
    else:
        credentials = grpc.ssl_channel_credentials(edge.certificate.read_bytes())
        opened = grpc.secure_channel(f"localhost:{edge.https_port}", credentials)
    with opened:
        yield opened


def key(name: str | None = "good", *extra: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (*(() if name is None else (("authorization", f"Bearer {name}"),)), *extra)


def refusal(call: Any) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    """Code, text and metadata of a call that is refused before any message."""
    with pytest.raises(grpc.RpcError) as caught:
        list(call()) if call.__name__ == "stream" else call()
    error: Any = caught.value
    metadata: dict[str, str] = {}
    for name, value in (*error.initial_metadata(), *error.trailing_metadata()):
        assert name not in metadata, f"{name} was sent twice"
        metadata[name] = value
    assert not [name for name in metadata if name.startswith(("x-envoy-", "x-chatmount-"))]
    return error.code(), error.details(), metadata


def ask(channel: grpc.Channel, question: str, name: str | None = "good", *, streamed: bool = False) -> Any:
    """A call, not yet made."""
    stub = chat_pb2_grpc.ChatServiceStub(channel)

    def unary() -> Any:
        return stub.Chat(chat_pb2.ChatRequest(message=question), metadata=key(name), timeout=10)

    def stream() -> Any:
        return stub.StreamChat(chat_pb2.StreamChatRequest(message=question), metadata=key(name), timeout=10)

    return stream if streamed else unary


def test_a_unary_call_is_answered_untouched(edge: Edge, channel: grpc.Channel) -> None:
    request = chat_pb2.ChatRequest(message="hi", stream=True, session_id="s", include_sources=False)
    extra = (("x-request-id", "mine"), ("x-chatmount-chatbot", "evil"), ("x-anything", "else"))
    response, call = chat_pb2_grpc.ChatServiceStub(channel).Chat.with_call(request, metadata=key("good", *extra))
    assert response.message == "You said: hi"
    assert response.usage.credits_remaining == 0
    metadata = dict(call.initial_metadata())
    assert [metadata[name].isdigit() for name in WINDOW_HEADERS] == [True] * 3
    assert set(metadata) <= {*WINDOW_HEADERS, "x-request-id", "date"}
    seen = edge.stubs.last("chat")
    assert (seen["method"], seen["session_id"], seen["include_sources"]) == ("Chat", "s", False)
    assert seen["metadata"]["authorization"] == "Bearer jwt-of-good"
    assert seen["metadata"]["x-request-id"] == metadata["x-request-id"] != "mine"
    assert not {"x-chatmount-chatbot", "x-anything"} & set(seen["metadata"])


def test_a_stream_is_answered_untouched(channel: grpc.Channel) -> None:
    call: Any = ask(channel, "hi", streamed=True)()
    assert [event.type for event in call] == ["token", "token", "sources", "done"]
    metadata = dict(call.initial_metadata())
    assert [metadata[name].isdigit() for name in WINDOW_HEADERS] == [True] * 3


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("name", "code", "text", "more"),
    [
        (None, "UNAUTHENTICATED", 'The API key is "missing" or invalid.', {"www-authenticate": "Bearer"}),
        ("wrong", "UNAUTHENTICATED", 'The API key is "missing" or invalid.', {"x-ratelimit-limit": "60"}),
        ("forbidden", "PERMISSION_DENIED", "This key may not be used from your address.", {}),
        ("tried-too-often", "RESOURCE_EXHAUSTED", "Too many failed attempts.", {"retry-after": "17"}),
        ("over-limit", "RESOURCE_EXHAUSTED", "Too many requests in this minute.", {"x-ratelimit-reason": "minute"}),
        ("auth-fails", "UNAVAILABLE", UNAVAILABLE, {"retry-after": "1", "x-ratelimit-limit": "60"}),
        ("quota-fails", "UNAVAILABLE", UNAVAILABLE, {"retry-after": "1", "x-ratelimit-limit": "200"}),
    ],
)
def test_a_refusal_of_the_edge(
    channel: grpc.Channel, name: str | None, code: str, text: str, more: dict[str, str], streamed: bool
) -> None:
    seen_code, seen_text, metadata = refusal(ask(channel, "hi", name, streamed=streamed))
    assert (seen_code.name, seen_text) == (code, text)
    assert {*WINDOW_HEADERS, "x-request-id"} <= set(metadata)
    assert more.items() <= metadata.items()


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    "code", ["INVALID_ARGUMENT", "NOT_FOUND", "ABORTED", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL"]
)
def test_an_error_of_chat_keeps_its_code_text_and_details(channel: grpc.Channel, code: str, streamed: bool) -> None:
    seen_code, text, metadata = refusal(ask(channel, f"abort {code}", streamed=streamed))
    assert (seen_code.name, text) == (code, CHAT_TEXT)
    assert {*WINDOW_HEADERS, "x-request-id", "grpc-status-details-bin"} <= set(metadata)
    assert (metadata["retry-after"], metadata["x-ratelimit-reason"]) == ("7", "day")
    assert "x-internal" not in metadata


def test_an_accident_in_chat_says_nothing_of_the_inside(channel: grpc.Channel) -> None:
    code, text, _ = refusal(ask(channel, "crash"))
    assert (code, text) == (grpc.StatusCode.UNKNOWN, INTERNAL)


def test_an_error_after_the_first_message_comes_with_the_trailers(channel: grpc.Channel) -> None:
    call: Any = ask(channel, "abort-late NOT_FOUND", streamed=True)()
    assert next(call).type == "token"
    with pytest.raises(grpc.RpcError):
        next(call)
    assert (call.code(), call.details()) == (grpc.StatusCode.NOT_FOUND, CHAT_TEXT)


def test_a_message_over_64_kib_is_refused(channel: grpc.Channel) -> None:
    code, text, _ = refusal(ask(channel, "x" * 70000))
    assert (code, text) == (grpc.StatusCode.RESOURCE_EXHAUSTED, TOO_LARGE)


@pytest.mark.parametrize(
    "method",
    [
        *("/chatmount.chat.v1.ChatService/Nothing", "/chatmount.chat.v1.SessionService/ListSessions"),
        *("/chatmount.auth.v1.ApiKeyService/ListApiKeys", "/chatmount.quota.v1.QuotaService/Reserve"),
        *("/envoy.service.auth.v3.Authorization/Check", "/grpc.health.v1.Health/Check", "/v1/chat:stream"),
    ],
)
def test_no_other_method_is_public(edge: Edge, channel: grpc.Channel, method: str) -> None:
    calls = len(edge.stubs.calls("chat"))

    def other() -> Any:
        return channel.unary_unary(method)(b"", metadata=key(), timeout=10)

    # It is no call: the reply is a 404 as of any other path, and clients take that for what it is.
    assert refusal(other)[0] == grpc.StatusCode.UNIMPLEMENTED
    assert len(edge.stubs.calls("chat")) == calls


@pytest.mark.parametrize("version", [V1, ALPHA])
def test_reflection_is_public_under_the_same_key_and_uses_up_nothing(
    edge: Edge, channel: grpc.Channel, version: str
) -> None:
    question = reflection_pb2.ServerReflectionRequest(list_services="")
    method: Any = channel.stream_stream(
        f"/{version}/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    counted = len(edge.stubs.calls("quota"))
    # Forged, it would show the inside.
    forged = ((PUBLIC_HEADER, ""), (CALLER_HEADER, ""))
    for name in ("nameless", "good"):
        call = method(iter([question, question]), metadata=key(name, *forged), timeout=10)
        listed = [{each.name for each in answer.list_services_response.service} for answer in call]
        assert listed == [{"chatmount.chat.v1.ChatService", V1, ALPHA}] * 2
    assert not [name for name, _ in call.initial_metadata() if name.startswith("x-ratelimit")]
    assert len(edge.stubs.calls("quota")) == counted

    def stream() -> Any:
        return method(iter([question]), timeout=10)

    assert refusal(stream)[0] == grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("name", ["good", "nameless"])
def test_a_key_has_few_reflection_streams_at_a_time(channel: grpc.Channel, name: str) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    hold = threading.Event()

    def questions() -> Iterator[Any]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        hold.wait(10)

    calls = [stub.ServerReflectionInfo(questions(), metadata=key(name), timeout=10) for _ in range(STREAMS_PER_CALLER)]
    for call in calls:
        assert next(call)

    def stream() -> Any:
        # Another name in front of the edge changes nothing.
        return stub.ServerReflectionInfo(questions(), metadata=key(name, (CALLER_HEADER, "x")), timeout=10)

    assert refusal(stream)[0] == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert next(stub.ServerReflectionInfo(questions(), metadata=key("over-limit"), timeout=10))
    hold.set()
    for call in calls:
        assert list(call) == []


NEARLY_GRPC = [
    "application/grpc-web+proto",
    "application/grpcfoo",
    "application/grpc;x=y",
    "APPLICATION/GRPC",
    "text/a",
]


@pytest.mark.parametrize("kind", NEARLY_GRPC)
@pytest.mark.parametrize(
    "path",
    ["/chatmount.chat.v1.ChatService/Chat", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"],
)
def test_the_path_of_a_method_takes_grpc_alone_and_says_so(edge: Edge, path: str, kind: str) -> None:
    text = edge.ask(b"\0\0\0\0\0", path=path, headers={"content-type": kind}).error(404)
    assert text == (
        "Only calls of gRPC methods are answered here (POST, Content-Type: application/grpc). "
        "Over REST, the endpoint is POST /v1/chat."
    )


@pytest.mark.parametrize("kind", ["application/grpc", "application/grpc+proto", "application/grpc+json", *NEARLY_GRPC])
def test_the_path_of_rest_takes_json_whatever_it_is_said_to_be(edge: Edge, kind: str) -> None:
    headers = {"content-type": kind, "te": "trailers", "grpc-timeout": "1n"}
    assert edge.ask({"message": "hi"}, headers=headers).json()["message"] == "You said: hi"
    streamed = edge.ask({"message": "hi", "stream": True}, headers=headers)
    assert streamed.one("content-type") == "text/event-stream; charset=utf-8"
    assert streamed.body.endswith(b'data: {"type":"done"}\n\n')
    assert edge.stubs.last("chat")["metadata"].get("te") != "trailers,trailers"


@pytest.mark.parametrize("kind", ["application/grpc", "application/grpc+proto"])
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
