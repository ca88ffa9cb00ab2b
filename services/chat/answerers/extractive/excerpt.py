"""Sentences cut out of a passage letter for letter, with their command or list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.chat.answerers.extractive.layout import (
    Unit,
    UnitKind,
    begins_sentence,
    breaks_off,
    ends_sentence,
    without_mark,
)
from services.chat.answerers.extractive.question_type import QuestionType
from services.chat.answerers.extractive.table_rows import whole_table

MAXIMUM_BLOCK_LENGTH = 1200
START_OF_ITEM, REST_OF_ITEM = 3, 2
"""Sentences of a list item that are said with one behind them, and with one before them."""
LEAST_ITEMS = 2
UNSAYABLE = (UnitKind.HEADING, UnitKind.STUB, UnitKind.QUESTION)
UNSPACED_ENDS = ("。", "！", "？", "｡", "」", "』")
POINTS_AHEAD = re.compile(
    r"\b(?:as follows|following|below|these|this|those|such as|includ(?:es?|ing))\b", re.IGNORECASE
)
LIST_KINDS = (UnitKind.ITEM, UnitKind.STEP)
BLOCK_KINDS = (UnitKind.CODE, UnitKind.ITEM, UnitKind.STEP, UnitKind.STUB)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a passage's text. `passage`: its number, from 1; `start` and `end` in its text."""

    passage: int
    start: int
    end: int
    kind: UnitKind

    def touches(self, other: "Excerpt") -> bool:
        """Whether the two overlap."""
        return self.passage == other.passage and self.start < other.end and other.start < self.end


def excerpt(
    passage: int, text: str, units: Sequence[Unit], index: int, question: str, kind: QuestionType
) -> Excerpt | None:
    """The unit at `index` of a passage with what it can't do without; None when it says nothing."""
    unit = units[index]
    if unit.kind in UNSAYABLE:
        return None
    if unit.kind is UnitKind.CODE:
        # A command means something by the sentence before it.
        first = units[index - 1] if index > 0 and units[index - 1].kind is UnitKind.PROSE else unit
        return Excerpt(passage, first.start, unit.end, UnitKind.BLOCK)
    if unit.kind is UnitKind.ASSENT:
        return _with_what_it_answers(passage, units, index)
    if unit.introduces:
        return _with_what_follows(passage, text, units, index)
    if unit.kind is UnitKind.PROSE and index + 1 < len(units) and breaks_off(text[unit.start : unit.end]):
        return Excerpt(passage, unit.start, units[index + 1].end, UnitKind.BLOCK)
    if (kind.is_how_to and unit.kind is UnitKind.STEP) or (kind.asks_for_several and unit.kind in LIST_KINDS):
        return _whole_list(passage, units, index)
    if kind.asks_for_several and unit.kind is UnitKind.PROSE and (end := _end_of_list(units, index)):
        return Excerpt(passage, unit.start, end, UnitKind.BLOCK)
    if (
        kind.asks_for_several
        and unit.kind in (UnitKind.PROSE, UnitKind.ROW)
        and (table := whole_table(text, units, index, question))
    ):
        start, end = units[table[0]].start, units[table[1]].end
        if end - start <= MAXIMUM_BLOCK_LENGTH:
            return Excerpt(passage, start, end, UnitKind.BLOCK)
    if kind.is_how_to and unit.kind is UnitKind.PROSE:
        return _with_command(passage, units, index)
    return Excerpt(passage, *_item(units, index), unit.kind)


def alone(passage: int, unit: Unit) -> Excerpt:
    """The unit without anything around it."""
    return Excerpt(passage, unit.start, unit.end, unit.kind)


def rendered(text: str, part: Excerpt) -> str:
    """The text of an excerpt. An item that stands alone loses its mark."""
    cut = text[part.start : part.end].strip("\n").rstrip()
    return without_mark(cut) if part.kind in (UnitKind.ITEM, UnitKind.STEP) and "\n" not in cut else cut


def joined(parts: Sequence[tuple[str, Excerpt]]) -> str:
    """Rendered excerpts as one text: sentences follow each other, blocks stand apart."""
    text = ""
    previous: Excerpt | None = None
    for rendering, part in parts:
        if previous is not None:
            is_block = UnitKind.BLOCK in (part.kind, previous.kind)
            is_line = (
                UnitKind.ROW in (part.kind, previous.kind) or not ends_sentence(text) or not begins_sentence(rendering)
            )
            is_unspaced = text.endswith(UNSPACED_ENDS)
            text += "\n\n" if is_block else "\n" if is_line else "" if is_unspaced else " "
        text += rendering
        previous = part
    return text


def _with_what_it_answers(passage: int, units: Sequence[Unit], index: int) -> Excerpt | None:
    """A "Yes." with the sentence behind it, or else with the question before it."""
    unit = units[index]
    following = units[index + 1] if index + 1 < len(units) else None
    if following is not None and following.kind is UnitKind.PROSE and following.block == unit.block:
        return Excerpt(passage, unit.start, following.end, UnitKind.ASSENT)
    if index > 0 and units[index - 1].kind is UnitKind.QUESTION:
        return Excerpt(passage, units[index - 1].start, unit.end, UnitKind.ASSENT)
    return None


def _with_what_follows(passage: int, text: str, units: Sequence[Unit], index: int) -> Excerpt | None:
    unit = units[index]
    end = unit.end
    for following in units[index + 1 :]:
        if following.kind not in BLOCK_KINDS or following.end - unit.start > MAXIMUM_BLOCK_LENGTH:
            break
        end = following.end
    if end > unit.end:
        return Excerpt(passage, unit.start, end, UnitKind.BLOCK)
    # A formula or a picture stood there: what announces it may well say enough.
    is_whole = unit.kind is UnitKind.PROSE and not POINTS_AHEAD.search(text[unit.start : unit.end])
    return alone(passage, unit) if is_whole else None


def _end_of_list(units: Sequence[Unit], index: int) -> int:
    """The end of the list that follows a sentence's paragraph.

    0 where none follows, or where it is too long to say.
    """
    first = index
    while first < len(units) and units[first].kind is UnitKind.PROSE and units[first].block == units[index].block:
        first += 1
    last = first
    while last < len(units) and units[last].item is not None and units[last].block <= units[index].block + 1:
        last += 1
    items = {unit.item for unit in units[first:last]}
    if len(items) < LEAST_ITEMS or units[last - 1].end - units[index].start > MAXIMUM_BLOCK_LENGTH:
        return 0
    return units[last - 1].end


def _item(units: Sequence[Unit], index: int) -> tuple[int, int]:
    """Start and end of the list item around a unit, or of the unit where it stands in none.

    "The longest name. By default 500." is one thing, and its beginning says what the rest speaks of.
    """
    item, first, last = units[index].item, index, index
    if item is not None:
        while first > 0 and first > index - START_OF_ITEM and units[first - 1].item == item:
            first -= 1
        while last + 1 < len(units) and last < index + REST_OF_ITEM and units[last + 1].item == item:
            last += 1
    return units[first].start, units[last].end


def _with_command(passage: int, units: Sequence[Unit], index: int) -> Excerpt:
    unit = units[index]
    for following in units[index + 1 :]:
        if following.end - unit.start > MAXIMUM_BLOCK_LENGTH:
            break
        if following.kind is UnitKind.CODE and following.block == unit.block + 1:
            return Excerpt(passage, unit.start, following.end, UnitKind.BLOCK)
        if following.block != unit.block:
            break
    return alone(passage, unit)


def _whole_list(passage: int, units: Sequence[Unit], index: int) -> Excerpt:
    block = units[index].block
    first, last = index, index
    while first > 0 and units[first - 1].block == block and units[first - 1].kind in BLOCK_KINDS:
        first -= 1
    while last + 1 < len(units) and units[last + 1].block == block and units[last + 1].kind in BLOCK_KINDS:
        last += 1
    if first > 0 and units[first - 1].introduces:
        first -= 1
    start, end = units[first].start, units[last].end
    if first == last or end - start > MAXIMUM_BLOCK_LENGTH:
        return alone(passage, units[index])
    return Excerpt(passage, start, end, UnitKind.BLOCK)
