"""Server reflection in both of its versions: what can be called here, for tools that have no .proto files."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import groupby
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, text_format
from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError
from grpc.aio import ServicerContext
from grpc_reflection.v1alpha import reflection, reflection_pb2

from services.errors import ReflectionText

ALPHA = reflection.SERVICE_NAME
V1 = "grpc.reflection.v1.ServerReflection"
V1_FILE = "grpc/reflection/v1/reflection.proto"
METHOD = "ServerReflectionInfo"
# Envoy sets both on calls from its public port, whatever the client sent. The first decides what they see.
PUBLIC_HEADER = "x-chatmount-public"
# The id of their API key, by which they are counted.
CALLER_HEADER = "x-chatmount-public-caller"
# What the public port routes (envoy.yaml), beside reflection itself.
PUBLIC_SERVICES = frozenset({"chatmount.chat.v1.ChatService"})

# The minute window does not count these calls, so they have bounds of their own.
STREAM_MESSAGES = 100
STREAM_SECONDS = 30.0
STREAMS_PER_CALLER = 4
# An answer repeats its question.
MESSAGE_BYTES = 1024

Request = reflection_pb2.ServerReflectionRequest
Response = reflection_pb2.ServerReflectionResponse
Context = ServicerContext[Any, Any]


def enable_reflection(server: grpc.aio.Server, services: Iterable[str]) -> None:
    """Adds it to `server`, which serves `services`; callers from outside see only those that are public."""
    pool = descriptor_pool.Default()
    _add_v1(pool)
    names = {*services, V1, ALPHA}
    public = names & {*PUBLIC_SERVICES, V1, ALPHA}
    servicer = ReflectionServicer(
        reflection.aio.ReflectionServicer(names, pool),
        reflection.aio.ReflectionServicer(public, _only(public, pool)),
    )
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.answer, request_deserializer=_read, response_serializer=Response.SerializeToString
    )
    # The messages of both versions are the same on the wire.
    for name in (V1, ALPHA):
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {METHOD: handler}),))


class ReflectionServicer:
    """Tells callers from inside about everything, and callers from outside about what is public."""

    def __init__(self, everything: Any, public: Any) -> None:
        self._everything = everything
        self._public = public
        self._streams: Counter[str] = Counter()

    async def answer(self, requests: AsyncIterator[Request], context: Context) -> AsyncIterator[Response]:
        """One stream."""
        metadata = dict(context.invocation_metadata() or ())
        is_public = PUBLIC_HEADER in metadata
        with self._counted(str(metadata.get(CALLER_HEADER, ""))) if is_public else nullcontext(True) as may_ask:
            if not may_ask:
                await _refuse(context, ReflectionText.STREAMS, STREAMS_PER_CALLER)
            known = self._public if is_public else self._everything
            async for response in known.ServerReflectionInfo(_bounded(requests, context), context):
                yield response

    @contextmanager
    def _counted(self, caller: str) -> Iterator[bool]:
        if self._streams[caller] >= STREAMS_PER_CALLER:
            yield False
            return
        self._streams[caller] += 1
        try:
            yield True
        finally:
            self._streams[caller] -= 1
            if not self._streams[caller]:
                del self._streams[caller]


async def _bounded(requests: AsyncIterator[Request], context: Context) -> AsyncIterator[Request]:
    seen = 0
    end = asyncio.get_running_loop().time() + STREAM_SECONDS
    try:
        while True:
            async with asyncio.timeout_at(end):
                request = await anext(requests)
            seen += 1
            if seen > STREAM_MESSAGES:
                await _refuse(context, ReflectionText.MESSAGES, STREAM_MESSAGES)
            if request.ByteSize() > MESSAGE_BYTES:
                await _refuse(context, ReflectionText.MESSAGE_BYTES, MESSAGE_BYTES)
            yield request
    except StopAsyncIteration:
        return
    except TimeoutError:
        await _refuse(context, ReflectionText.SECONDS, STREAM_SECONDS)


async def _refuse(context: Context, text: ReflectionText, maximum: float) -> None:
    await context.abort(text.status, text.format(maximum=maximum))


def _read(data: bytes) -> Request:
    try:
        return Request.FromString(data)
    except DecodeError:
        return Request()  # asks for nothing, which is answered as an invalid argument


def _add_v1(pool: descriptor_pool.DescriptorPool) -> None:
    """grpcio-reflection has v1alpha alone, whose messages v1 repeats under another name."""
    try:
        pool.FindServiceByName(V1)
    except KeyError:
        alpha = descriptor_pb2.FileDescriptorProto()
        reflection_pb2.DESCRIPTOR.CopyToProto(alpha)
        alpha.ClearField("options")
        text = text_format.MessageToString(alpha).replace("grpc.reflection.v1alpha", "grpc.reflection.v1")
        v1 = text_format.Parse(text, descriptor_pb2.FileDescriptorProto())
        v1.name = V1_FILE
        pool.AddSerializedFile(v1.SerializeToString())


def _only(names: Iterable[str], pool: descriptor_pool.DescriptorPool) -> descriptor_pool.DescriptorPool:
    """A pool with these services and their messages, and nothing of what else is in their files."""
    kept = descriptor_pool.DescriptorPool()
    services = sorted((pool.FindServiceByName(name) for name in names), key=lambda service: service.file.name)
    for _, group in groupby(services, key=lambda service: service.file.name):
        _add_part(kept, list(group))
    return kept


def _add_part(kept: descriptor_pool.DescriptorPool, services: list[ServiceDescriptor]) -> None:
    file = services[0].file
    reached = _reached(services)
    others = {each.file.name: each.file for each in reached if each.file.name != file.name}
    for other in others.values():
        _add_whole(kept, other)
    part = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(part)
    part.ClearField("options")
    part.dependency[:] = list(others)
    part.ClearField("public_dependency")
    part.ClearField("weak_dependency")
    part.ClearField("extension")
    wanted = {each.name for each in reached if each.file.name == file.name}
    for field in (part.message_type, part.enum_type):
        for index in reversed(range(len(field))):
            if field[index].name not in wanted:
                del field[index]
    for index in reversed(range(len(part.service))):
        if part.service[index].name not in {service.name for service in services}:
            del part.service[index]
    for service in part.service:
        for method in service.method:
            method.ClearField("options")  # who may call it, and how REST does: files that are not told of
    kept.AddSerializedFile(part.SerializeToString())


def _add_whole(kept: descriptor_pool.DescriptorPool, file: FileDescriptor) -> None:
    for dependency in file.dependencies:
        _add_whole(kept, dependency)
    kept.AddSerializedFile(file.serialized_pb)


def _reached(services: Iterable[ServiceDescriptor]) -> list[Any]:
    """The outermost messages and enums that the methods of the services speak of."""
    left = [
        kind for service in services for method in service.methods for kind in (method.input_type, method.output_type)
    ]
    seen: dict[str, Any] = {}
    while left:
        kind = left.pop()
        if kind.full_name in seen:
            continue
        seen[kind.full_name] = kind
        for field in getattr(kind, "fields", ()):
            left += [each for each in (field.message_type, field.enum_type) if each is not None]
    outermost = {}
    for kind in seen.values():
        while kind.containing_type is not None:
            kind = kind.containing_type
        outermost[kind.full_name] = kind
    return list(outermost.values())
