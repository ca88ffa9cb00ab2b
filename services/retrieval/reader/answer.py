"""The form in which a reading leaves the process that made it: a line of JSON, and one for each passage.

Who reads it believes nothing: a file may have taken over the process.
"""

import json
from collections.abc import Iterator
from typing import Any

from services.errors import ChatmountError
from services.retrieval.extraction.document import unreadable
from services.retrieval.passages import PassageDraft
from services.retrieval.reading import Reading

FAILED = "The file could not be read; the log of the retrieval service says why."
_CAUSE_CHARACTERS = 300


class Malformed(Exception):
    """What came back is no answer, or one of a fault of ours; the text says what it is."""


def encode(reading: Reading) -> Iterator[bytes]:
    """The lines of a reading."""
    yield _line({"title": reading.title})
    for one in reading.passages:
        yield _line([one.headings, one.text, one.sentences])


def encode_refusal(text: str) -> bytes:
    """The line of a refusal."""
    return _line({"refusal": text})


def encode_fault(error: Exception) -> bytes:
    """The line of a fault of ours."""
    return _line({"fault": f"{type(error).__name__}: {error}"})


def decode(output: bytes) -> Reading:
    """The reading. ChatmountError for a refusal, Malformed for anything else.

    Line by line, so that other threads are not kept waiting.
    """
    first, _, rest = output.partition(b"\n")
    try:
        head = json.loads(first)
        if "refusal" in head:
            raise unreadable(_text(head["refusal"]))
        if "fault" in head:
            raise Malformed(ascii(_text(head["fault"]))[1:-1][:_CAUSE_CHARACTERS])
        return Reading(_text(head["title"]), tuple(_passage(json.loads(line)) for line in rest.splitlines()))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Malformed(f"its answer can't be understood ({type(error).__name__})") from error


def too_complex() -> ChatmountError:
    """The refusal of a file that its reader did not get through."""
    return unreadable("The file is too large or too intricate to be read; split it into smaller ones.")


def _line(value: object) -> bytes:
    # Half of a surrogate pair can't be stored by anybody.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


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
