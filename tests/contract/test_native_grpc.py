"""gRPC clients at the public port, under the rules of REST, and at the services."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import grpc
import pytest
from chatmount.auth.v1 import auth_pb2 as auth
from chatmount.auth.v1 import auth_pb2_grpc
from chatmount.chat.v1 import chat_pb2 as chat
from chatmount.chat.v1 import chat_pb2_grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub

from tests.each import for_each
from tests.waiting import PATIENCE

from .client import QUESTION, Client
from .operator_client import OperatorClient
from .stack import Stack

# What gRPC clients see is the same on all databases.
MODES = ("embedded",)

SERVICES = ("auth", "quota", "retrieval", "chat")


@pytest.fixture
def public(client: Client) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(urlsplit(client.base_url).netloc) as channel:
        yield channel


def bearer(key: str | None) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {key}"),)


def refusal(call: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


def test_a_native_answer_is_the_rest_answer(client: Client, public: grpc.Channel) -> None:
    answer = chat_pb2_grpc.ChatServiceStub(public).Chat(chat.ChatRequest(message=QUESTION), metadata=bearer(client.key))
    rest = client.ask().json
    assert answer.message == rest["message"]
    assert MessageToDict(answer.sources) == rest["sources"]
    assert answer.usage.credits_used == 1


def test_a_native_stream_is_the_rest_stream(client: Client, public: grpc.Channel) -> None:
    stub = chat_pb2_grpc.ChatServiceStub(public)
    events = list(stub.StreamChat(chat.StreamChatRequest(message=QUESTION), metadata=bearer(client.key)))
    assert "".join(event.content for event in events) == client.ask().json["message"]
    assert [event.type for event in events][-2:] == ["sources", "done"]


def test_native_requests_count_in_the_same_minute(
    client: Client, public: grpc.Channel, operator: OperatorClient
) -> None:
    key = operator.tenant("fiveaminute", pages=False).key
    stub = chat_pb2_grpc.ChatServiceStub(public)
    for number in range(5):
        # Reflection does not count.
        assert public_services(public, key) == PUBLIC
        if number:
            assert client.ask(key=key).status == 200
        else:
            stub.Chat(chat.ChatRequest(message="x"), metadata=bearer(key))
    error = refusal(lambda: stub.Chat(chat.ChatRequest(message="x"), metadata=bearer(key)))
    assert error.code() in {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE}  # type: ignore[attr-defined]


PUBLIC = {
    "chatmount.chat.v1.ChatService",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
}


def public_services(public: grpc.Channel, key: str | None, version: str = "v1") -> set[str]:
    method = public.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=ServerReflectionRequest.SerializeToString,
        response_deserializer=ServerReflectionResponse.FromString,
    )
    (reply,) = method(iter([ServerReflectionRequest(list_services="")]), metadata=bearer(key), timeout=PATIENCE)
    return {service.name for service in reply.list_services_response.service}


def test_reflection_through_the_public_port_needs_the_key_and_shows_chat(client: Client, public: grpc.Channel) -> None:
    stub = ServerReflectionStub(public)
    request = ServerReflectionRequest(list_services="")
    error = refusal(lambda: list(stub.ServerReflectionInfo(iter([request]))))
    assert error.code() == grpc.StatusCode.UNAUTHENTICATED  # type: ignore[attr-defined]
    replies = list(stub.ServerReflectionInfo(iter([request]), metadata=bearer(client.key)))
    assert len(replies) == 1
    for version in ("v1", "v1alpha"):
        assert public_services(public, client.key, version) == PUBLIC


@for_each("service", SERVICES)
def test_every_service_says_that_it_is_healthy(stack: Stack, service: str) -> None:
    with grpc.insecure_channel(stack.endpoints[service]) as channel:
        reply = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    assert reply.status == health_pb2.HealthCheckResponse.SERVING


@for_each("service", SERVICES)
def test_every_service_can_be_called_by_reflection_alone(stack: Stack, operator: OperatorClient, service: str) -> None:
    """As a debugging tool does: services, methods and messages are found by reflection alone."""
    with grpc.insecure_channel(stack.endpoints[service]) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        names = [name for name in database.get_services() if name.startswith("chatmount.")]
        assert names
        from google.protobuf.descriptor_pool import DescriptorPool

        pool = DescriptorPool(database)
        for name in names:
            descriptor = pool.FindServiceByName(name)
            assert descriptor.methods
            for method in descriptor.methods:
                assert GetMessageClass(method.input_type)


def test_a_scoped_token_can_be_issued_and_used(operator: OperatorClient) -> None:
    tenant = operator.tenant(pages=False)
    request = auth.IssueScopedTokenRequest(chatbot_id=tenant.chatbot_id)
    token = operator.call(auth_pb2_grpc.TokenServiceStub, "IssueScopedToken", request).token
    profiles = chat_pb2_grpc.ChatbotProfileServiceStub(operator.channel("chat"))
    assert profiles.GetProfile(chat.GetProfileRequest(), metadata=bearer(token)).profile.fallback
