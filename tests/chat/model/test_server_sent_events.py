import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chat.answerers.model.chunk import read_chunk
from services.chat.answerers.model.server_sent_events import EventReader, EventTooLong
from tests.each import for_each
from tests.promptness import is_once_within


def read(stream: bytes, *cuts: int) -> list[str]:
    reader = EventReader()
    events: list[str] = []
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    for start, end in itertools.pairwise(edges):
        events += reader.feed(stream[start:end])
    return events + reader.finish()


@for_each("end", [b"\n", b"\r\n", b"\r"])
def test_an_event_is_its_data_whatever_ends_the_lines(end: bytes) -> None:
    lines = [b"data: one", b"", b": a comment", b"", b"event: x", b"id: 7", b"data: two", b"", b""]
    assert read(end.join(lines)) == ["one", "two"]


BOM = "\ufeff".encode()


@for_each(
    ("stream", "cuts", "events"),
    [
        (b"data: a\r\ndata: b\rdata: c\n\r\ndata: d\n\n", (), ["a\nb\nc", "d"]),  # mixed line ends
        (b"data: a\r\ndata: b\r\n\r\n", (8, 8, 8), ["a\nb"]),  # a line end cut in two
        (b"data:  two\ndata:\ndata\ndata:none\n\n", (), [" two\n\n\nnone"]),  # several lines
        (b"event: x\n\ndatabase: x\n\n\n\n: \n\n", (), []),  # no data, another field
        (BOM + b"data: a\n\n" + BOM + b"data: b\n\n", (1, 2), ["a"]),  # byte order marks
        (b"data: a\n\ndata: [DONE]", (), ["a", "[DONE]"]),  # no blank line at the end
        (b"data: \xff\xfe\n\n", (), ["\ufffd\ufffd"]),  # no UTF-8
        (b"event: error\ndata: no\n\n", (), ['{"error": "no"}']),  # an error by name
        (b'event: error\ndata: {"error":1}\n\n', (), ['{"error":1}']),  # an error twice named
    ],
)
def test_a_stream_is_read_as_the_standard_says(stream: bytes, cuts: tuple[int, ...], events: list[str]) -> None:
    assert read(stream, *cuts) == events


def test_an_event_is_known_with_its_blank_line_even_when_that_ends_in_cr() -> None:
    reader = EventReader()
    assert reader.feed(b"data: a\r\n\r") == ["a"]
    assert reader.feed(b"\ndata: b\r\n\r\n") == ["b"]


@for_each("piece", [b"x" * 50, b"data: " + b"x" * 20 + b"\n"])
def test_an_event_without_end_is_refused_before_it_fills_the_memory(piece: bytes) -> None:
    reader = EventReader(maximum_bytes=1000)

    def flood(pieces: int) -> None:
        for _ in range(pieces):
            reader.feed(piece)

    flood(900 // len(piece))
    with pytest.raises(EventTooLong):
        flood(50)


@for_each("name", [b"ping", b"Ping", b"keepalive", b"heartbeat"])
def test_a_ping_is_no_event_whatever_it_holds(name: bytes) -> None:
    assert read(b"event: " + name + b"\ndata: 12:30\n\ndata: a\n\n") == ["a"]


def test_without_blank_lines_every_whole_object_is_an_event_at_once() -> None:
    reader = EventReader()
    assert reader.feed(b'data: {"a":\ndata: 1}\n') == ['{"a":\n1}']
    assert reader.feed(b'data: {"b":1}\ndata: {"c"') == ['{"b":1}']
    assert reader.feed(b":1}\nevent: ping\ndata: {}\nevent: x\ndata: [DONE]\n") == ['{"c":1}', "[DONE]"]
    assert reader.finish() == []


def test_no_event_of_many_lines_takes_long_to_read() -> None:
    def seconds() -> float:
        reader, began = EventReader(), time.thread_time()
        assert reader.feed(b'data: {"a":[\n' + b"data: {}\n" * 80_000) == []
        for _ in range(2_000):
            assert reader.feed(b"data: {}\n") == []
        return time.thread_time() - began

    is_once_within(5, seconds)


def test_an_object_whose_lines_end_like_one_is_read_when_it_is_whole() -> None:
    reader = EventReader()
    lines = ['{"choices": [{', '"delta": {}', "}", "],", '"usage": {}', "}"]
    assert reader.feed("".join(f"data: {line}\n" for line in lines).encode()) == ["\n".join(lines)]


def test_an_object_that_had_to_be_read_is_handed_on() -> None:
    reader = EventReader()
    (event,) = reader.feed(b'data: {"a":1}\n')
    assert event.holds == {"a": 1}
    assert reader.feed(b'\ndata: {"a":2}\n\n')[0].holds is None
    (event,) = reader.feed(b'event: error\ndata: {"a":3}\n')
    assert (event, event.holds) == ('{"error": "{\\"a\\":3}"}', None)


@for_each(
    "lines",
    [
        [b'{"a":1}', b'{"b":{"c":"\xc3\xa9"}}', b"[DONE]"],
        [b'{"a":1}', b'{"cut', b'{"b":2}'],
        [b'{"a":"', b'"}', b'{"b":1},{"c":2}'],
        [b'{"a":1}', b'{"b":"\xff"}'],
        [b'{"a":1},{"b":2}'],
        [b"{}" * 2, b"[" * 9000],
    ],
)
def test_objects_that_come_together_are_the_same_as_one_by_one(lines: list[bytes]) -> None:
    stream = b"".join(b"data: %b\n\n" % line for line in lines)
    alone = [event for line in lines for event in read(b"data: %b\n\n" % line)]
    together = EventReader().feed(stream)
    assert together == alone
    assert [read_chunk(event) for event in together if event.holds] == [
        read_chunk(str(event)) for event in together if event.holds
    ]


_LINES = st.lists(
    st.sampled_from(
        [
            "data: é😀",
            "data:b",
            "data",
            ": c",
            "event: x",
            "",
            "",
            "\ufeffdata: q",
            "data: {}",
            "data: [DONE]",
            "event: ping",
            "data: " + "x" * 40,
        ]
    ),
    max_size=20,
)


@settings(deadline=None)
@given(_LINES, st.lists(st.sampled_from(["\n", "\r", "\r\n"]), min_size=20, max_size=20), st.lists(st.integers(0, 999)))
def test_how_the_stream_is_cut_changes_nothing(lines: list[str], ends: list[str], cuts: list[int]) -> None:
    stream = "".join(line + end for line, end in zip(lines, ends, strict=False)).encode()
    assert read(stream, *cuts) == read(stream)
    assert read(stream, *range(len(stream))) == read(stream)
