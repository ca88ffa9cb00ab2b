"""Native gRPC through the public ports, under the same key, limits and errors."""

from typing import Any

import grpc
import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from tests.each import for_each
from tests.edge.edge_reply import WINDOW_HEADERS
from tests.edge.edge_stack import INTERNAL, TOO_LARGE, UNAVAILABLE, Edge, grpc_refusal, with_key
from tests.waiting import PATIENCE

EMPTY = b"\0" * 5
"""A message without fields, in its frame."""

CHAT_TEXT = "Something “quoted” \\ was not found.\nSecond line: 100 %"


@pytest.fixture
def edge(either_edge: Edge) -> Edge:
    return either_edge


def ask(channel: grpc.Channel, question: str, name: str | None = "good", *, streamed: bool = False) -> Any:
    """A call, not yet made."""
    stub = chat_pb2_grpc.ChatServiceStub(channel)

    def unary() -> Any:
        return stub.Chat(chat_pb2.ChatRequest(message=question), metadata=with_key(name), timeout=PATIENCE)

    def stream() -> Any:
        return stub.StreamChat(chat_pb2.StreamChatRequest(message=question), metadata=with_key(name), timeout=PATIENCE)

    return stream if streamed else unary


def test_a_unary_call_is_answered_untouched(edge: Edge, channel: grpc.Channel) -> None:
    request = chat_pb2.ChatRequest(message="hi", stream=True, session_id="s", include_sources=False)
    extra = (("x-request-id", "mine"), ("x-chatmount-chatbot", "evil"), ("x-anything", "else"))
    response, call = chat_pb2_grpc.ChatServiceStub(channel).Chat.with_call(request, metadata=with_key("good", *extra))
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


@for_each("streamed", [False, True])
@for_each(
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
    seen_code, seen_text, metadata = grpc_refusal(ask(channel, "hi", name, streamed=streamed))
    assert (seen_code.name, seen_text) == (code, text)
    assert {*WINDOW_HEADERS, "x-request-id"} <= set(metadata)
    assert more.items() <= metadata.items()


@for_each("streamed", [False, True])
@for_each("code", ["INVALID_ARGUMENT", "NOT_FOUND", "ABORTED", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL"])
def test_an_error_of_chat_keeps_its_code_text_and_details(channel: grpc.Channel, code: str, streamed: bool) -> None:
    seen_code, text, metadata = grpc_refusal(ask(channel, f"abort {code}", streamed=streamed))
    assert (seen_code.name, text) == (code, CHAT_TEXT)
    assert {*WINDOW_HEADERS, "x-request-id", "grpc-status-details-bin"} <= set(metadata)
    assert (metadata["retry-after"], metadata["x-ratelimit-reason"]) == ("7", "day")
    assert "x-internal" not in metadata


def test_an_accident_in_chat_says_nothing_of_the_inside(channel: grpc.Channel) -> None:
    code, text, _ = grpc_refusal(ask(channel, "crash"))
    assert (code, text) == (grpc.StatusCode.UNKNOWN, INTERNAL)


def test_an_error_after_the_first_message_comes_with_the_trailers(channel: grpc.Channel) -> None:
    call: Any = ask(channel, "abort-late NOT_FOUND", streamed=True)()
    assert next(call).type == "token"
    with pytest.raises(grpc.RpcError):
        next(call)
    assert (call.code(), call.details()) == (grpc.StatusCode.NOT_FOUND, CHAT_TEXT)


def test_a_message_over_64_kib_is_refused(channel: grpc.Channel) -> None:
    code, text, _ = grpc_refusal(ask(channel, "x" * 70000))
    assert (code, text) == (grpc.StatusCode.RESOURCE_EXHAUSTED, TOO_LARGE)


@for_each("method", ["Chat", "StreamChat"])
@for_each("body", [b"", EMPTY[:3], b"\0\0\0\0\4\x0a\x02", 2 * EMPTY])
def test_what_is_not_one_whole_message_is_not_waited_for(edge: Edge, method: str, body: bytes) -> None:
    said = {"content-type": "application/grpc", "te": "trailers"}
    reply = edge.ask(body, path=f"/chatmount.chat.v1.ChatService/{method}", headers=said)
    # So gRPC itself answers an invalid message; services have words for it (tests/rpc).
    assert (reply.status, reply.one("grpc-status")) == (200, str(grpc.StatusCode.UNKNOWN.value[0]))


@for_each("said", [{}, {"te": "gzip"}])
def test_a_call_is_answered_without_a_word_of_trailers(edge: Edge, said: dict[str, str]) -> None:
    headers = {"content-type": "application/grpc", **said}
    reply = edge.ask(EMPTY, path="/chatmount.chat.v1.ChatService/Chat", headers=headers)
    assert (reply.status, reply.all("grpc-message")) == (200, [])
    assert b"You said: " in reply.body


@for_each(("name", "value"), [("grpc-timeout", "soon"), ("grpc-timeout", "123456789S"), ("grpc-encoding", "snappy")])
def test_a_header_that_grpc_can_not_read_fails_no_other_call(
    edge: Edge, channel: grpc.Channel, name: str, value: str
) -> None:
    """A service would remember it with its name, and refuse a good one that comes over the same connection."""
    said = {"content-type": "application/grpc", "te": "trailers", name: value}
    for _ in range(4):  # whichever worker takes it
        edge.ask(EMPTY, path="/chatmount.chat.v1.ChatService/Chat", headers=said)
    question = chat_pb2.ChatRequest(message="hi")
    for seconds in (5, 50):
        answer = chat_pb2_grpc.ChatServiceStub(channel).Chat(
            question, metadata=with_key(), timeout=seconds, compression=grpc.Compression.Gzip
        )
        assert answer.message == "You said: hi"


@for_each(
    "method",
    [
        *("/chatmount.chat.v1.ChatService/Nothing", "/chatmount.chat.v1.SessionService/ListSessions"),
        *("/chatmount.auth.v1.ApiKeyService/ListApiKeys", "/chatmount.quota.v1.QuotaService/Reserve"),
        *("/envoy.service.auth.v3.Authorization/Check", "/grpc.health.v1.Health/Watch", "/v1/chat:stream"),
    ],
)
def test_no_other_method_is_public(edge: Edge, channel: grpc.Channel, method: str) -> None:
    calls = len(edge.stubs.calls("chat"))

    def other() -> Any:
        return channel.unary_unary(method)(b"", metadata=with_key(), timeout=PATIENCE)

    # It is no call: the reply is a 404 as of any other path, and clients take that for what it is. Among them
    # is Health/Watch: a stream without an end, which needs no key, could be opened any number of times.
    assert grpc_refusal(other)[0] == grpc.StatusCode.UNIMPLEMENTED
    assert len(edge.stubs.calls("chat")) == calls
