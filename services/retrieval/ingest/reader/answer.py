"""The form in which a reading leaves the process that made it: a line of JSON, and one for each passage.

Who reads it believes nothing: a file may have taken over the process.
"""

import json
import traceback
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from services.errors import ChatmountError, unreadable
from services.retrieval.ingest.origin import MAXIMUM_TITLE_LENGTH
from services.retrieval.ingest.reading import Reading
from services.retrieval.text.passages import PassageDraft

FAILED = "The file could not be read; the log of the retrieval service says why."
_REFUSAL_CHARACTERS = 300
_CAUSE_CHARACTERS = 300
_MESSAGE_CHARACTERS = 150
_FRAMES = 4


class Malformed(Exception):
    """What came back is no answer, or one of a fault of ours; the text says what it is."""


def encode(reading: Reading) -> Iterator[bytes]:
    """The lines of a reading."""
    yield _line({"title": "".join(map(_shown, reading.title[:MAXIMUM_TITLE_LENGTH]))})
    for one in reading.passages:
        yield _line([one.headings, one.text, one.sentences])


def encode_refusal(text: str) -> bytes:
    """The line of a refusal."""
    return _line({"refusal": "".join(one if one.isprintable() else " " for one in text[:_REFUSAL_CHARACTERS])})


def encode_fault(error: Exception) -> bytes:
    """The line of a fault of ours, with the places in the code that led there, the last one first."""
    frames = [f"{frame.f_globals.get('__name__')}:{line}" for frame, line in traceback.walk_tb(error.__traceback__)]
    places = ", ".join(frames[: -_FRAMES - 1 : -1])
    return _line({"fault": f"{type(error).__name__}: {str(error)[:_MESSAGE_CHARACTERS]} ({places})"})


class Answer:
    """Becomes a reading, as its lines come in: no line keeps other threads waiting for long."""

    def __init__(self, most_passages: int) -> None:
        self._most_passages = most_passages
        self._refusal: str | None = None
        self._title: str | None = None
        self._passages: list[PassageDraft] = []

    def take(self, lines: Iterable[bytes]) -> None:
        """Reads the next lines. Malformed for what is no answer."""
        try:
            for line in lines:
                if self._title is None and self._refusal is None:
                    self._take_head(json.loads(line))
                elif self._refusal is not None or len(self._passages) >= self._most_passages:
                    raise ValueError("too many lines")
                else:
                    self._passages.append(_passage(json.loads(line)))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise Malformed(f"its answer can't be understood ({type(error).__name__})") from error

    def reading(self) -> Reading:
        """The whole. ChatmountError for a refusal, Malformed where lines are missing."""
        if self._refusal is not None:
            raise unreadable(self._refusal)
        if self._title is None:
            raise Malformed("it gave no answer")
        return Reading(self._title, tuple(self._passages))

    def _take_head(self, head: Any) -> None:
        if "fault" in head:
            raise Malformed(ascii(_text(head["fault"]))[1:-1][:_CAUSE_CHARACTERS])
        if "refusal" in head:
            refusal = _text(head["refusal"])
            if len(refusal) > _REFUSAL_CHARACTERS or not refusal.isprintable():
                raise ValueError("no refusal of ours")
            self._refusal = refusal
            return
        title = _text(head["title"])
        if len(title) > MAXIMUM_TITLE_LENGTH or "".join(map(_shown, title)) != title:
            raise ValueError("no title")
        self._title = title


def too_complex() -> ChatmountError:
    """The refusal of a file that its reader did not get through."""
    return unreadable("The file is too large or too intricate to be read; split it into smaller ones.")


def _line(value: object) -> bytes:
    # Half of a surrogate pair can't be stored by anybody.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


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
