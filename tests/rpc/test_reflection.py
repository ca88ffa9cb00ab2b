"""Reflection and health of a real server: versions, bounds, and what outside callers see."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import grpc
import pytest
import yaml
from chatmount.chat.v1 import chat_pb2_grpc
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from services.edge.config import TEMPLATE
from services.errors import Text
from services.rpc import reflection
from services.rpc.reflection import ALPHA, CALLER_HEADER, PUBLIC_HEADER, PUBLIC_SERVICES, V1
from services.trust.principal_tokens import TokenSigner
from tests.each import for_each
from tests.serving import serving
from tests.waiting import PATIENCE

NAMES = ("chatmount.chat.v1.ChatService", "chatmount.chat.v1.SessionService")
OUTSIDE = ((PUBLIC_HEADER, "1"), (CALLER_HEADER, "key_1"))
OF_NO_KEY = ((PUBLIC_HEADER, "1"), (CALLER_HEADER, ""))
LIST = reflection_pb2.ServerReflectionRequest(list_services="")


@asynccontextmanager
async def served() -> AsyncIterator[grpc.aio.Channel]:
    registrations = [
        (chat_pb2_grpc.ChatServiceServicer(), chat_pb2_grpc.add_ChatServiceServicer_to_server),
        (chat_pb2_grpc.SessionServiceServicer(), chat_pb2_grpc.add_SessionServiceServicer_to_server),
    ]
    async with (
        serving(TokenSigner(["s" * 40]), *registrations) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        yield channel


def open_stream(channel: grpc.aio.Channel, version: str = V1, metadata: Any = ()) -> Any:
    method: Any = channel.stream_stream(
        f"/{version}/ServerReflectionInfo",
        request_serializer=lambda message: message if isinstance(message, bytes) else message.SerializeToString(),
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    return method(metadata=metadata, timeout=PATIENCE)


async def ask(call: Any, request: Any) -> Any:
    await call.write(request)
    return await call.read()


def symbol(name: str) -> reflection_pb2.ServerReflectionRequest:
    return reflection_pb2.ServerReflectionRequest(file_containing_symbol=name)


def listed(answer: Any) -> set[str]:
    return {service.name for service in answer.list_services_response.service}


@for_each("version", [V1, ALPHA])
async def test_both_versions_tell_everything_inside_and_what_is_public_outside(version: str) -> None:
    async with served() as channel:
        inside, outside = open_stream(channel, version), open_stream(channel, version, OUTSIDE)
        assert listed(await ask(inside, LIST)) == {*NAMES, "grpc.health.v1.Health", V1, ALPHA}
        assert listed(await ask(outside, LIST)) == {NAMES[0], V1, ALPHA}
        for name in (NAMES[0], V1, ALPHA):
            for call in (inside, outside):
                answer = await ask(call, symbol(name))
                assert answer.file_descriptor_response.file_descriptor_proto, name
        for name in (NAMES[1], "chatmount.chat.v1.ListSessionsRequest", "chatmount.auth.v1.AccountService"):
            assert (await ask(outside, symbol(name))).error_response.error_code == 5, name
        for file in ("chatmount/access/v1/access.proto", "chatmount/errors/v1/error_reason.proto"):
            request = reflection_pb2.ServerReflectionRequest(file_by_filename=file)
            assert (await ask(outside, request)).error_response.error_code == 5, file
        assert (await ask(inside, symbol(NAMES[1]))).file_descriptor_response.file_descriptor_proto


async def test_what_outside_is_told_of_a_service_is_that_service_with_its_messages() -> None:
    async with served() as channel:
        answer = await ask(open_stream(channel, metadata=OUTSIDE), symbol(NAMES[0]))
    files = [
        descriptor_pb2.FileDescriptorProto.FromString(file)
        for file in answer.file_descriptor_response.file_descriptor_proto
    ]
    assert {file.name for file in files} == {"chatmount/chat/v1/chat.proto", "google/protobuf/struct.proto"}
    (chat,) = (file for file in files if file.package == "chatmount.chat.v1")
    assert [service.name for service in chat.service] == ["ChatService"]
    assert {message.name for message in chat.message_type} == {
        *("ChatRequest", "ChatResponse", "Usage", "StreamChatRequest", "StreamChatResponse"),
    }


def test_what_is_public_is_what_the_edge_routes() -> None:
    listener = yaml.safe_load(TEMPLATE.read_text())["static_resources"]["listeners"][0]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    (host,) = manager["route_config"]["virtual_hosts"]
    # Those of the dashboard stand in a list of their own.
    routes = [route for route in host["routes"] if "match" in route]
    routed = {route["match"]["path"].split("/")[1] for route in routes if "path" in route["match"]}
    assert {service for service in routed if "." in service} == {*PUBLIC_SERVICES, health.SERVICE_NAME}
    (route,) = (route for route in routes if route["name"] == "grpc-reflection")
    public, caller = route["request_headers_to_add"]
    # Constant: what they see does not hang on what Auth tells of the key.
    assert public["header"] == {"key": PUBLIC_HEADER, "value": "1"}
    assert caller["header"]["key"] == CALLER_HEADER
    assert {added["append_action"] for added in (public, caller)} == {"OVERWRITE_IF_EXISTS_OR_ADD"}


@pytest.mark.parametrize("metadata", [(), OUTSIDE])
async def test_a_stream_has_an_end(metadata: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served() as channel:
        call = open_stream(channel, metadata=metadata)
        for _ in range(reflection.STREAM_MESSAGES):
            assert listed(await ask(call, LIST))
        await call.write(LIST)
        assert await call.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "100 messages" in await call.details()
        monkeypatch.setattr(reflection, "STREAM_SECONDS", 0.2)
        answer = None
        while not answer:  # one that took longer than that; the test's own time limit ends it
            call = open_stream(channel, metadata=metadata)
            with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
                answer = listed(await ask(call, LIST))
        assert await call.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert "open another one" in await call.details()


@for_each("outside", [OUTSIDE, OF_NO_KEY, OF_NO_KEY[:1]])
async def test_a_caller_from_outside_has_few_streams_at_a_time(outside: Any) -> None:
    async with served() as channel:
        held = [open_stream(channel, metadata=outside) for _ in range(reflection.STREAMS_PER_CALLER)]
        for call in held:
            assert listed(await ask(call, LIST)) == {NAMES[0], V1, ALPHA}
        refused = open_stream(channel, metadata=outside)
        assert await refused.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        other = open_stream(channel, metadata=(*OUTSIDE[:1], (CALLER_HEADER, "key_2")))
        assert listed(await ask(other, LIST))
        await held.pop().done_writing()
        held.pop().cancel()
        fresh: list[Any] = []
        while len(fresh) < 2:  # the test's own time limit ends it
            call = open_stream(channel, metadata=outside)
            try:
                assert listed(await ask(call, LIST))
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                await asyncio.sleep(0.02)
                continue
            fresh.append(call)
        refused = open_stream(channel, metadata=outside)
        assert await refused.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    ("request_", "code"),
    [(b"\xff\xff", 3), (b"", 3), (reflection_pb2.ServerReflectionRequest(file_by_filename="no.proto"), 5)],
)
async def test_an_odd_request_is_answered_and_logged_nowhere(
    request_: Any, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with served() as channel:
        call = open_stream(channel)
        assert (await ask(call, request_)).error_response.error_code == code
        assert listed(await ask(call, LIST))
        await call.write(symbol("x" * 2000))
        assert await call.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_health_lists_every_service_and_names_an_unreadable_request(caplog: pytest.LogCaptureFixture) -> None:
    messages: Any = health_pb2
    async with served() as channel:
        stream: Any = channel.unary_stream
        method: Any = channel.unary_unary(
            "/grpc.health.v1.Health/List",
            request_serializer=messages.HealthListRequest.SerializeToString,
            response_deserializer=messages.HealthListResponse.FromString,
        )
        answer = await method(messages.HealthListRequest(), timeout=PATIENCE)
        assert {name: value.status for name, value in answer.statuses.items()} == dict.fromkeys(("", *NAMES), 1)
        for name, kind in (("Check", channel.unary_unary), ("List", channel.unary_unary), ("Watch", stream)):
            garbage: Any = kind(f"/grpc.health.v1.Health/{name}")
            call = garbage(b"\xff\xff", timeout=PATIENCE)
            assert await call.code() == grpc.StatusCode.INVALID_ARGUMENT, name
            assert await call.details() == Text.UNREADABLE_REQUEST.template
        watch: Any = stream(
            "/grpc.health.v1.Health/Watch",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        call = watch(health_pb2.HealthCheckRequest(service=NAMES[0]), timeout=PATIENCE)
        assert (await call.read()).status == health_pb2.HealthCheckResponse.SERVING
        call.cancel()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
