"""Domain events in the words of the wire."""

from collections.abc import Sequence

from chatmount.chat.v1 import chat_pb2
from google.protobuf.struct_pb2 import ListValue

from services.chat.conversation import Done, Event, Sources, Token
from services.chat.credits import Usage
from services.chat.findings import Source


class Ping:
    """Nothing has happened for a while."""


def stream_message(event: Event | Ping) -> chat_pb2.StreamChatResponse:
    """The event of a streamed answer."""
    match event:
        case Token(text):
            return chat_pb2.StreamChatResponse(type="token", content=text)
        case Sources(sources):
            return chat_pb2.StreamChatResponse(type="sources", sources=source_list(sources))
        case Done():
            return chat_pb2.StreamChatResponse(type="done")
        case Ping():
            return chat_pb2.StreamChatResponse(type="ping")


def error_message(text: str) -> chat_pb2.StreamChatResponse:
    """The event that ends a stream that can't go on."""
    return chat_pb2.StreamChatResponse(type="error", error=text)


def source_list(sources: Sequence[Source]) -> ListValue:
    """The sources as `[{"url": …, "title": …}]`; `[]` for none."""
    values = ListValue()
    for source in sources:
        values.add_struct().update({"url": source.url, "title": source.title})
    return values


def usage_message(usage: Usage) -> chat_pb2.Usage:
    """What the request cost; `credits_remaining` is left out where it is unlimited."""
    return chat_pb2.Usage(credits_used=usage.credits_used, credits_remaining=usage.credits_remaining)
