"""Server reflection through the public ports: for holders of a key, and few streams of each."""

import threading
from collections.abc import Iterator
from typing import Any

import grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from services.rpc.reflection import ALPHA, CALLER_HEADER, PUBLIC_HEADER, STREAMS_PER_CALLER, V1
from tests.each import for_each
from tests.edge.edge_stack import Edge, grpc_refusal, with_key
from tests.waiting import PATIENCE


@for_each("version", [V1, ALPHA])
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
        call = method(iter([question, question]), metadata=with_key(name, *forged), timeout=PATIENCE)
        listed = [{each.name for each in answer.list_services_response.service} for answer in call]
        assert listed == [{"chatmount.chat.v1.ChatService", V1, ALPHA}] * 2
    assert not [name for name, _ in call.initial_metadata() if name.startswith("x-ratelimit")]
    assert len(edge.stubs.calls("quota")) == counted

    def stream() -> Any:
        return method(iter([question]), timeout=PATIENCE)

    assert grpc_refusal(stream)[0] == grpc.StatusCode.UNAUTHENTICATED


@for_each("name", ["good", "nameless"])
def test_a_key_has_few_reflection_streams_at_a_time(channel: grpc.Channel, name: str) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    hold = threading.Event()

    def questions() -> Iterator[Any]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        hold.wait(PATIENCE)

    calls = [
        stub.ServerReflectionInfo(questions(), metadata=with_key(name), timeout=PATIENCE)
        for _ in range(STREAMS_PER_CALLER)
    ]
    for call in calls:
        assert next(call)

    def stream() -> Any:
        # Another name in front of the edge changes nothing.
        return stub.ServerReflectionInfo(questions(), metadata=with_key(name, (CALLER_HEADER, "x")), timeout=PATIENCE)

    assert grpc_refusal(stream)[0] == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert next(stub.ServerReflectionInfo(questions(), metadata=with_key("over-limit"), timeout=PATIENCE))
    hold.set()
    for call in calls:
        assert list(call) == []
