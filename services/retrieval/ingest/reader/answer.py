"""The wire form of a reading: a line of JSON, and one for each passage.

Who reads it believes nothing: a file may have taken over the process.
"""

import json
import traceback
import unicodedata
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import Any

from services.errors import unreadable
from services.retrieval.ingest.source_fields import MAXIMUM_TITLE_LENGTH
from services.retrieval.text.passages import PassageDraft, Reading

TOO_COMPLEX = "The file is too large or too intricate to be read; split it into smaller ones."
FAILED = "The file could not be read; the log of the retrieval service says why."
_REFUSAL_CHARACTERS = 300
_CAUSE_CHARACTERS = 300
_MESSAGE_CHARACTERS = 150
_FRAMES = 4
_LINE_BYTES = 1024 * 1024


class MalformedAnswer(Exception):
    """What came back is no answer, or one of a fault of ours; the text says what it is."""


class AnswerTooLong(Exception):
    """The answer is longer than any that the file is worth."""


def encode(reading: Reading) -> Iterator[bytes]:
    """The lines of a reading."""
    yield _line({"title": "".join(map(_shown, reading.title[:MAXIMUM_TITLE_LENGTH]))})
    for one in reading.passages:
        yield _line([one.headings, one.text, one.sentences])


def encode_refusal(text: str) -> bytes:
    """The line of a refusal."""
    return _line({"refusal": "".join(one if one.isprintable() else " " for one in text[:_REFUSAL_CHARACTERS])})


def encode_fault(error: Exception) -> bytes:
    """The line of a fault of ours, with the places in the code, the last one first."""
    frames = [f"{frame.f_globals.get('__name__')}:{line}" for frame, line in traceback.walk_tb(error.__traceback__)]
    places = ", ".join(frames[: -_FRAMES - 1 : -1])
    return _line({"fault": f"{type(error).__name__}: {str(error)[:_MESSAGE_CHARACTERS]} ({places})"})


def decode(answer: bytes, most_passages: int) -> Reading:
    """The reading that an answer holds, line by line, so that no other thread waits for long.

    ChatmountError for a refusal; MalformedAnswer for anything but an answer; AnswerTooLong for a line that no reader
    writes.
    """
    try:
        lines = map(_value, BytesIO(answer))
        head: Any = next(lines, {})
        if "fault" in head:
            raise MalformedAnswer(ascii(_text(head["fault"]))[1:-1][:_CAUSE_CHARACTERS])
        if "refusal" in head:
            refusal = _text(head["refusal"])
            if len(refusal) > _REFUSAL_CHARACTERS or not refusal.isprintable():
                raise ValueError("no refusal of ours")
            _expect_end(lines)
            raise unreadable(refusal)
        title = _text(head["title"])
        if len(title) > MAXIMUM_TITLE_LENGTH or "".join(map(_shown, title)) != title:
            raise ValueError("no title")
        passages = tuple(map(_passage, islice(lines, most_passages)))
        _expect_end(lines)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise MalformedAnswer(f"its answer can't be understood ({type(error).__name__})") from error
    return Reading(title, passages)


def _line(value: object) -> bytes:
    # Half of a surrogate pair can't be stored by anybody.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _value(line: bytes) -> Any:
    if len(line) > _LINE_BYTES:
        raise AnswerTooLong
    return json.loads(line)


def _expect_end(lines: Iterator[Any]) -> None:
    for _ in lines:
        raise ValueError("too many lines")


def _shown(character: str) -> str:
    return "" if unicodedata.category(character) == "Cc" else character


def _passage(value: Any) -> PassageDraft:
    headings, text, sentences = value
    length = len(_text(text))
    spans = tuple((int(start), int(end)) for start, end in sentences)
    if not isinstance(headings, list) or not all(0 <= start <= end <= length for start, end in spans):
        raise ValueError("no passage")
    return PassageDraft(tuple(_text(heading) for heading in headings), text, spans)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    value.encode()
    return value
