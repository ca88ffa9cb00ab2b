"""ChatService's replies as bytes, with the keys of a source always in one order: `url`, then `title`.

A source is a JSON object, for which protobuf has nothing but a map, and a map's order changes from process to process.
The transcoder prints entries as they stand on the wire, so here they are written in order. Any reader takes them:
joining serialised messages merges them, and protobuf lets fields come in any number of parts.
"""

from functools import partial
from typing import Any

import grpc
from chatmount.chat.v1 import chat_pb2
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import ListValue, Struct, Value

from services.chat.servicers.chat import ChatServicer

FULL_NAME = chat_pb2.DESCRIPTOR.services_by_name["ChatService"].full_name
KEYS = ("url", "title")

_LENGTH_DELIMITED = 2


def add_chat_service(servicer: ChatServicer, server: grpc.aio.Server) -> None:
    """Serves ChatService; the generated function would leave the order of keys to chance."""
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        "Chat": grpc.unary_unary_rpc_method_handler(
            servicer.Chat,
            request_deserializer=chat_pb2.ChatRequest.FromString,
            response_serializer=partial(serialize, sources=chat_pb2.ChatResponse.SOURCES_FIELD_NUMBER),
        ),
        "StreamChat": grpc.unary_stream_rpc_method_handler(
            servicer.StreamChat,
            request_deserializer=chat_pb2.StreamChatRequest.FromString,
            response_serializer=partial(serialize, sources=chat_pb2.StreamChatResponse.SOURCES_FIELD_NUMBER),
        ),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(FULL_NAME, handlers),))


def serialize(reply: Message, sources: int) -> bytes:
    """The reply's bytes. `sources`: the number of its field of that name."""
    if not reply.HasField("sources"):
        return reply.SerializeToString()
    parts = []
    for field, value in reply.ListFields():
        if field.number == sources:
            parts.append(_delimited(sources, _list_bytes(value)))
        else:
            part = type(reply)()
            if isinstance(value, Message):
                getattr(part, field.name).CopyFrom(value)
            else:
                setattr(part, field.name, value)
            parts.append(part.SerializeToString())
    return b"".join(parts)


def _list_bytes(values: ListValue) -> bytes:
    objects = (
        _delimited(Value.STRUCT_VALUE_FIELD_NUMBER, _struct_bytes(value.struct_value)) for value in values.values
    )
    return b"".join(_delimited(ListValue.VALUES_FIELD_NUMBER, value) for value in objects)


def _struct_bytes(source: Struct) -> bytes:
    entries = []
    for key in KEYS:
        entry = Struct()
        entry.update({key: source[key]})
        entries.append(entry.SerializeToString())
    return b"".join(entries)


def _delimited(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    septets = bytearray()
    while value > 0x7F:
        septets.append(value & 0x7F | 0x80)
        value >>= 7
    septets.append(value)
    return bytes(septets)
