"""Question-and-answer pairs in CSV files, as spreadsheets write them."""

import csv
import io
import re
import unicodedata
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.urls import identity

REQUIRED = ("question", "answer")
COLUMNS = (*REQUIRED, "url", "title")
DELIMITERS = ",;\t|"

_SEPARATOR_LINE = re.compile(r"\Asep=(.)\r?\n")
"""What Excel writes, and hides, in front of a table that has another delimiter than its own."""

_NO_WORD = re.compile(r"[\W_]+")


class NoTable(Exception):
    """The file holds no table of pairs; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of the table. `line` is where it begins in the file, counted from 1."""

    line: int
    question: str
    answer: str
    url: str
    title: str

    @property
    def wording(self) -> str:
        """Equal for questions that differ by case, punctuation and spaces alone.

        There is one answer to them.
        """
        folded = unicodedata.normalize("NFKC", self.question).casefold()
        return _NO_WORD.sub(" ", folded).strip() or folded

    @property
    def reply(self) -> tuple[str, str, str]:
        """What is given to who asks: answer, URL in its one spelling, title."""
        return (self.answer, identity(self.url), self.title)


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row that is no pair, and why in one line."""

    line: int
    reason: str


def read_pairs(file: Path) -> list[Pair | WrongRow]:
    """The rows of a table, in order, without blank ones.

    NoTable when there is none; OSError when it can't be read.

    The first line names the columns, in any order and case. Commas, semicolons, tabs and bars part them.
    """
    text = _decode(file.read_bytes())
    begin = 1
    separator = _SEPARATOR_LINE.match(text)
    if separator is not None:
        text, begin = text[separator.end() :], 2
    delimiter = separator[1] if separator is not None else _delimiter(text)
    rows = _rows(text, delimiter, begin)
    names = [name.strip().casefold() for name in next((row for _, row in rows if isinstance(row, list)), [])]
    missing = [name for name in REQUIRED if name not in names]
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if missing or twice:
        raise NoTable(
            "the first line must name the columns question and answer"
            + (f", each once ({twice[0]} is there twice)" if twice else "")
        )
    return _unlike([_pair(line, names, row) for line, row in rows if isinstance(row, str) or any(map(str.strip, row))])


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-16" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError as error:
        # A guess would give answers with wrong letters, word for word.
        raise NoTable("it is not in UTF-8; save it as “CSV UTF-8”") from error


def _delimiter(text: str) -> str:
    """The one by which the first line names the columns; a comma when none does."""
    for delimiter in DELIMITERS:
        _, row = next(_rows(text, delimiter, 1), (1, ""))
        if isinstance(row, list) and set(REQUIRED) <= {name.strip().casefold() for name in row}:
            return delimiter
    return ","


def _rows(text: str, delimiter: str, begin: int) -> Iterator[tuple[int, list[str] | str]]:
    """The line in which each row begins, and its cells, or what is wrong with it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = begin + reader.line_num
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            unclosed = "unexpected end of data" in str(error)
            yield line, "a quotation mark is opened here and never closed" if unclosed else f"can't be read ({error})"


def _pair(line: int, names: list[str], row: list[str] | str) -> Pair | WrongRow:
    if isinstance(row, str):
        return WrongRow(line, row)
    if any(cell.strip() for cell in row[len(names) :]):
        # The rest of an answer with a comma in it would be lost.
        return WrongRow(line, f"has more cells than there are columns ({len(names)}); put quotation marks around texts")
    cells = dict(zip(names, row, strict=False))
    return Pair(line, *(cells.get(name, "").strip() for name in COLUMNS))


def _unlike(rows: list[Pair | WrongRow]) -> list[Pair | WrongRow]:
    """The rows, but of those that ask the same and answer otherwise all but the first are wrong."""
    first: dict[str, Pair] = {}
    kept: list[Pair | WrongRow] = []
    for row in rows:
        if isinstance(row, Pair):
            earlier = first.setdefault(row.wording, row)
            if row.question and row.reply != earlier.reply:
                row = WrongRow(row.line, f"asks the same question as line {earlier.line} and answers it otherwise")
        kept.append(row)
    return kept
