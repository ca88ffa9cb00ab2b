"""The parts of an answer in the words of the wire."""

from collections.abc import Sequence
from typing import Any

from chatmount.chat.v1 import chat_pb2

from services.chat.answer_parts import AnswerPart, Done, Sources
from services.chat.answerers.answerer import Piece
from services.chat.passages import Source
from services.chat.servicers.ordered import ordered


class Ping:
    """Nothing has happened for a while."""


_Response = ordered(chat_pb2.ChatResponse)
_StreamResponse = ordered(chat_pb2.StreamChatResponse)


def response_message(parts: Sequence[AnswerPart]) -> chat_pb2.ChatResponse:
    """The reply of an answer that is not streamed."""
    response: Any = _Response()
    for part in parts:
        match part:
            case Piece(text):
                response.message += text
            case Sources(sources):
                add_sources(response, sources)
            case Done(usage):
                response.usage.credits_used = usage.credits_used
                if usage.credits_remaining is not None:
                    response.usage.credits_remaining = usage.credits_remaining
    message: chat_pb2.ChatResponse = response
    return message


def stream_message(part: AnswerPart | Ping) -> chat_pb2.StreamChatResponse:
    """The event of a streamed answer."""
    match part:
        case Piece(text):
            return chat_pb2.StreamChatResponse(type="token", content=text)
        case Sources(sources):
            event: chat_pb2.StreamChatResponse = add_sources(_StreamResponse(type="sources"), sources)
            return event
        case Done():
            return chat_pb2.StreamChatResponse(type="done")
        case Ping():
            return chat_pb2.StreamChatResponse(type="ping")


def error_message(text: str) -> chat_pb2.StreamChatResponse:
    """The event that ends a stream that can't go on."""
    return chat_pb2.StreamChatResponse(type="error", error=text)


def add_sources(response: Any, sources: Sequence[Source]) -> Any:
    """The response with the sources as `[{"url": …, "title": …}]`; `[]` for none."""
    response.sources.SetInParent()
    for source in sources:
        entries = response.sources.values.add().struct_value.fields
        for key, text in (("url", source.url), ("title", source.title)):
            entries.add(key=key).value.string_value = text
    return response
