"""Tables whose rows are the things that a question asks for."""

import re
from collections.abc import Sequence

from services.chat.answerers.extractive.layout import Unit, UnitKind
from services.chat.answerers.words import words_of

_COLUMN = re.compile(r"([^:;]{1,60}): ([^;]*)")
_LEAST_ROWS = 2
_LEAST_LETTERS = 4


def whole_table(text: str, units: Sequence[Unit], index: int, question: str) -> tuple[int, int] | None:
    """First and last unit of a table that a question asks for.

    With the sentence at `index` when that stands above. None where no table is there, where its first column is not
    what is asked for, or where one of its rows is.
    """
    begin = first = index
    if units[index].kind is UnitKind.ROW:
        while first > 0 and units[first - 1].kind is UnitKind.ROW and units[first - 1].block == units[index].block:
            first -= 1
        begin = first
    else:
        while first < len(units) and units[first].kind is UnitKind.PROSE and units[first].block == units[index].block:
            first += 1
    last = first
    while last < len(units) and units[last].kind is UnitKind.ROW and units[last].block <= units[index].block + 1:
        last += 1
    rows = [_COLUMN.findall(text[unit.start : unit.end]) for unit in units[first:last]]
    is_asked_for = len(rows) >= _LEAST_ROWS and all(rows) and _are_asked_for(rows, words_of(question))
    return (begin, last - 1) if is_asked_for else None


def _are_asked_for(rows: Sequence[list[tuple[str, str]]], asked: Sequence[str]) -> bool:
    columns = {word for row in rows for name, _ in row for word in words_of(name)}
    cells = {word for row in rows for _, cell in row for word in words_of(cell)} - columns
    is_one_row = any(len(word) >= _LEAST_LETTERS and word in cells for word in asked)
    return not is_one_row and any(_is_same(word, other) for word in words_of(rows[0][0][0]) for other in asked)


def _is_same(word: str, other: str) -> bool:
    """Whether two words are one, which may be in singular and in plural."""
    stem = word[: max(_LEAST_LETTERS, len(word) - 1)]
    return other in {word, f"{word}s"} or (len(stem) >= _LEAST_LETTERS and other.startswith(stem))
