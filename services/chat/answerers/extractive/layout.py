"""The layout of a passage: which sentences stand alone, and which need what is beside them.

In a passage every line is a paragraph, a list item, a table row or a line of code (indented by four spaces), and
blank lines part blocks.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

from services.chat.answerers.words import count_words

_LIST_MARK = re.compile(r"\s*(?:[-*•‣·–]|\(?\d{1,3}[.)])\s+")
_NUMBERED = re.compile(r"\s*\(?\d{1,3}[.)]\s+")
_ROW = re.compile(r"[^:;]{1,60}: [^;]*(?:; [^:;]{1,60}: [^;]*)+\Z")
# A mark of a footnote may follow the stop.
_ENDS_SENTENCE = re.compile(r"[.!?…。！？｡][\"'”’»)\]」』）]*(?:\[[^\[\]\n]{1,20}\])*\s*\Z")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_QUESTION_MARKS = ("?", "？")
_CODE_INDENT = "    "
_HEADING_WORDS = 10
_MARK_CHARACTERS = 40
_STUB_WORDS = 4
_ASSENT_WORDS = 2

without_mark = partial(_LIST_MARK.sub, "", count=1)
"""A list item without its bullet or number."""

ends_sentence = _ENDS_SENTENCE.search
"""Finds the end of a text that ends as a sentence does."""

breaks_off = re.compile(r"\b(?:with|by|as|using|type|enter|run)\Z", re.IGNORECASE).search
"""Finds the end of a sentence that the next line completes, as a command in a manual does, without a colon. English."""


class UnitKind(Enum):
    """What a sentence, or an excerpt of several, is in the layout of its passage."""

    PROSE = auto()
    ITEM = auto()  # of a list
    STEP = auto()  # of a numbered list
    ROW = auto()  # of a table
    CODE = auto()
    QUESTION = auto()  # what follows may be its answer
    HEADING = auto()  # says what follows, but nothing of it
    ASSENT = auto()  # "Yes.": answers a question, and says nothing without it
    STUB = auto()  # too short to mean anything alone
    BLOCK = auto()  # a command or list with the sentence before it


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence in its place.

    `sentence`: which one it is; `start` and `end` in the passage's text; `block`: which block; all counted from 0.
    `introduces`: it ends with a colon, so that it says nothing without what follows. `item`: where the list item
    begins in which it stands, however short that is.
    """

    sentence: int
    start: int
    end: int
    block: int
    kind: UnitKind
    introduces: bool
    item: int | None = None


def lay_out(text: str, sentences: Sequence[str]) -> tuple[Unit, ...]:
    """Where the sentences of a passage stand. One that is not found in its text is passed over."""
    units: list[Unit] = []
    blank_lines = [blank.end() for blank in _BLANK_LINE.finditer(text)]
    position = 0
    for number, sentence in enumerate(sentences):
        start = text.find(sentence, position)
        if start < 0 or not sentence.strip():
            continue
        position = start + len(sentence)
        block = bisect_right(blank_lines, start + 1)
        line = text.rfind("\n", 0, start) + 1
        kind = _kind(text, line, start, position)
        introduces = announces(sentence)
        item = line if is_list_line(text[line : line + _MARK_CHARACTERS]) else None
        units.append(Unit(number, start, position, block, kind, introduces, item))
    return tuple(units)


def is_list_line(line: str) -> bool:
    """Whether a line is an item of a list."""
    return _LIST_MARK.match(line) is not None and not line.startswith(_CODE_INDENT)


def announces(text: str) -> bool:
    """Whether a text ends with a colon, and what it speaks of follows it."""
    return text.rstrip().endswith((":", "："))


def begins_sentence(text: str) -> bool:
    """Whether a text may begin as a sentence does, rather than in the middle of one."""
    return not text.lstrip("\"'“‘«([¿¡")[:1].islower()


def _kind(text: str, line_start: int, start: int, end: int) -> UnitKind:
    line_end = text.find("\n", end)
    line = text[line_start : len(text) if line_end < 0 else line_end]
    sentence = text[start:end].strip()
    if line.startswith(_CODE_INDENT):
        return UnitKind.CODE
    words = count_words(without_mark(sentence))
    if _LIST_MARK.match(line):
        if words < _STUB_WORDS and not ends_sentence(sentence):
            return UnitKind.STUB
        return UnitKind.STEP if _NUMBERED.match(line) else UnitKind.ITEM
    is_line = line.strip() == sentence
    if is_line and _ROW.match(sentence):
        return UnitKind.ROW
    if sentence.endswith(_QUESTION_MARKS):
        return UnitKind.QUESTION
    if words <= _HEADING_WORDS and _is_label(sentence):
        return UnitKind.HEADING if is_line else UnitKind.STUB
    is_assent = words <= _ASSENT_WORDS and ends_sentence(sentence) and sentence.lower() != sentence.upper()
    return UnitKind.ASSENT if is_assent else UnitKind.PROSE


def _is_label(sentence: str) -> bool:
    """Whether a short text names something rather than says something of it."""
    # Scripts without capitals often end sentences without a stop; figures are news even in a few words.
    is_judged = sentence.lower() != sentence.upper() and not any(map(str.isdigit, sentence))
    return is_judged and not (
        ends_sentence(sentence) or breaks_off(sentence) or any(mark in sentence for mark in ":;：；")
    )
