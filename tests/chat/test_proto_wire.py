"""Replies as bytes: what any protobuf reader takes, with the keys of sources in order."""

import pytest
from chatmount.chat.v1 import chat_pb2
from google.protobuf.struct_pb2 import ListValue
from hypothesis import given
from hypothesis import strategies as st

from services.chat.findings import Source
from services.chat.servicers.chat_messages import source_list
from services.chat.servicers.reply_bytes import serialize

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SOURCES = st.lists(st.builds(Source, TEXT, TEXT), max_size=3)


@given(TEXT, st.none() | SOURCES, st.integers(0, 5))
def test_a_reply_reads_back_as_what_it_was(text: str, sources: list[Source] | None, remaining: int) -> None:
    reply = chat_pb2.ChatResponse(
        message=text,
        sources=None if sources is None else source_list(sources),
        usage=chat_pb2.Usage(credits_used=1, credits_remaining=remaining),
    )
    assert chat_pb2.ChatResponse.FromString(serialize(reply, 2)) == reply


@given(SOURCES)
def test_an_event_reads_back_as_what_it_was(sources: list[Source]) -> None:
    event = chat_pb2.StreamChatResponse(type="sources", sources=source_list(sources))
    assert chat_pb2.StreamChatResponse.FromString(serialize(event, 3)) == event


def test_none_and_an_empty_list_stay_apart() -> None:
    none = chat_pb2.ChatResponse(message="x")
    empty = chat_pb2.ChatResponse(message="x", sources=ListValue())
    assert not chat_pb2.ChatResponse.FromString(serialize(none, 2)).HasField("sources")
    assert chat_pb2.ChatResponse.FromString(serialize(empty, 2)).HasField("sources")


@pytest.mark.parametrize("length", [1, 127, 128, 20_000])
def test_the_url_stands_before_the_title_and_the_fields_in_their_order(length: int) -> None:
    source = Source("u" * length, "t" * length)
    usage = chat_pb2.Usage(credits_used=1)
    wire = serialize(chat_pb2.ChatResponse(message="m", sources=source_list([source]), usage=usage), 2)
    assert wire.index(b"m") < wire.index(b"\x03url") < wire.index(b"\x05title")
    assert wire.endswith(chat_pb2.ChatResponse(usage=usage).SerializeToString())
