"""Subtitles and transcripts: what is said, in sentences."""

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.by_kind import extract
from services.retrieval.ingest.extraction.document import Document, Section


def read(text: str, kind: str = "vtt") -> Document:
    return extract(text.encode(), kind)


def test_cues_are_joined_to_paragraphs_of_one_speaker() -> None:
    text = """WEBVTT - Weekly call
Kind: captions

NOTE made by a machine

STYLE
::cue { color: red }

intro
00:01.000 --> 00:03.000 align:start
<v Anna>Welcome to

00:03.000 --> 00:05.000
<v.loud Anna>the <i>call</i> &amp; stay.

00:00:05.100 --> 00:00:07.000
<v Bob>We spend <00:06.000>40,000 euros.

00:00:08.000 --> 00:00:09.000
[Music]

1000:00:30.000 --> 1000:00:32.000
<v Bob>Next topic.
"""
    said = "Anna: Welcome to the call & stay.\n\nBob: We spend 40,000 euros.\n\nBob: Next topic."
    assert read(text) == Document("Weekly call", (Section((), said),))


@pytest.mark.parametrize(
    ("cues", "said"),
    [
        # Windows, a dash for each of two people, marks of position.
        ([(1, 2, "{\\an8}- Hello.\r\n- The shop opens"), (2, 4, "at nine.")], "Hello.\n\nThe shop opens at nine."),
        # Captions that roll show a line twice.
        ([(1, 2, "we open\nat nine"), (2, 3, "at nine\nevery day.")], "we open at nine every day."),
        # A pause ends a paragraph where a sentence ends, a long one anywhere.
        (
            [(1, 2, "We open"), (6, 7, "at nine."), (8, 9, "Daily."), (13, 14, "Bye.")],
            "We open at nine. Daily.\n\nBye.",
        ),
        ([(1, 2, "We open."), (2, 3, "and"), (60, 61, "then")], "We open. and\n\nthen"),
        ([(1, 2, "開店は"), (2, 3, "九時です。")], "開店は九時です。"),
        # Where no stops are set, a line has about thirty words.
        ([(n, n + 1, " ".join([f"word{n}"] * 10)) for n in range(1, 8)], None),
    ],
    ids=range(6),
)
def test_what_is_said_without_its_times(cues: list[tuple[int, int, str]], said: str | None) -> None:
    text = "".join(
        f"{n}\r\n00:00:{a:02},000 --> 00:{b // 60:02}:{b % 60:02},000\r\n{what}\r\n\r\n"
        for n, (a, b, what) in enumerate(cues)
    )
    (section,) = read(text, "srt").sections
    if said is None:
        assert [len(line.split()) for line in section.text.split("\n\n")] == [30, 30, 10]
    else:
        assert section.text == said


def test_a_text_without_times_is_no_captions() -> None:
    with pytest.raises(ChatmountError, match=r"no captions.*\.txt"):
        read("WEBVTT\n\nJust a text.")
