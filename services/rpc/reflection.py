"""Server reflection in both of its versions, for tools that have no .proto files."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, text_format
from google.protobuf.message import DecodeError
from grpc.aio import ServicerContext
from grpc_reflection.v1alpha import reflection, reflection_pb2

from services.errors import ReflectionText
from services.rpc.public_descriptors import pool_of

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


def enable_reflection(server: Any, services: Iterable[str]) -> None:
    """Add reflection to a server of these services; callers from outside see the public ones."""
    pool = descriptor_pool.Default()
    _add_v1(pool)
    names = {*services, V1, ALPHA}
    public = frozenset(names & {*PUBLIC_SERVICES, V1, ALPHA})
    servicer = ReflectionServicer(
        reflection.aio.ReflectionServicer(names, pool),
        reflection.aio.ReflectionServicer(public, pool_of(public, pool)),
    )
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.answer, request_deserializer=_read, response_serializer=Response.SerializeToString
    )
    # The messages of both versions are the same on the wire.
    for name in (V1, ALPHA):
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {METHOD: handler}),))


class ReflectionServicer:
    """Reflection of everything for callers from inside, and of what is public for others."""

    def __init__(self, everything: Any, public: Any) -> None:
        self._everything = everything
        self._public = public
        self._streams: Counter[str] = Counter()

    async def answer(self, requests: AsyncIterator[Request], context: Context) -> AsyncIterator[Response]:
        """Answer one stream."""
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
