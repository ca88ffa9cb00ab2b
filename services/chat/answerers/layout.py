"""How a passage is laid out: which of its sentences stand alone, and which need what stands beside them.

In a passage every line is a paragraph, a list item, a table row or a line of code (indented by four spaces), and
blank lines part blocks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

_LIST_MARK = re.compile(r"\s*(?:[-*•‣·–]|\(?\d{1,3}[.)])\s+")
_NUMBERED = re.compile(r"\s*\(?\d{1,3}[.)]\s+")
_ENDS_SENTENCE = re.compile(r"[.!?…。！？｡][\"'”’»)\]」』）]*\s*\Z")
_CODE_INDENT = "    "
_HEADING_WORDS = 10
_STUB_WORDS = 4


class Kind(Enum):
    """What a sentence is in the layout of its passage."""

    PROSE = auto()
    ITEM = auto()
    STEP = auto()
    CODE = auto()
    HEADING = auto()
    STUB = auto()


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence in its place.

    `sentence`: which one it is; `start` and `end` in the passage's text; `block`: which block; all counted from 0.
    `introduces`: it ends with a colon, so that it says nothing without what follows.
    """

    sentence: int
    start: int
    end: int
    block: int
    kind: Kind
    introduces: bool


def lay_out(text: str, sentences: Sequence[str]) -> tuple[Unit, ...]:
    """Where the sentences of a passage stand. One that is not found in its text is passed over."""
    units: list[Unit] = []
    position = 0
    for number, sentence in enumerate(sentences):
        start = text.find(sentence, position)
        if start < 0 or not sentence.strip():
            continue
        position = start + len(sentence)
        block = len(re.findall(r"\n[^\S\n]*\n", text[: start + 1]))
        kind = _kind(text, start, position)
        units.append(Unit(number, start, position, block, kind, sentence.rstrip().endswith((":", "："))))
    return tuple(units)


def without_mark(text: str) -> str:
    """A list item without its bullet or number."""
    return _LIST_MARK.sub("", text, count=1)


def ends_sentence(text: str) -> bool:
    """Whether a text ends as a sentence does."""
    return _ENDS_SENTENCE.search(text) is not None


def _kind(text: str, start: int, end: int) -> Kind:
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    line = text[line_start : len(text) if line_end < 0 else line_end]
    sentence = text[start:end]
    if line.startswith(_CODE_INDENT) or sentence.startswith(_CODE_INDENT):
        return Kind.CODE
    words = len(without_mark(sentence).split())
    if _LIST_MARK.match(line):
        if words < _STUB_WORDS and not ends_sentence(sentence):
            return Kind.STUB
        return Kind.STEP if _NUMBERED.match(line) else Kind.ITEM
    if line.strip() == sentence.strip() and words <= _HEADING_WORDS and _is_heading(sentence):
        return Kind.HEADING
    if words < 2 and not ends_sentence(sentence):
        return Kind.STUB
    return Kind.PROSE


def _is_heading(line: str) -> bool:
    # A table row has a colon in it, and so has an introduction at its end.
    return not ends_sentence(line) and ":" not in line and ";" not in line and line.isascii()
