"""What stands in a file of rich text: its paragraphs and tables, with what is known of each."""

import re
from typing import NamedTuple, TypeAlias

from services.retrieval.ingest.extraction.document import one_line
from services.retrieval.ingest.extraction.rtf_tokens import Event

BODY_LEVEL = 9
"""Of paragraphs that are no headings."""

_HEADING = re.compile(r"(?i)^(?:heading|überschrift|titre|título|titolo|kop|rubrik|заголовок|標題|标题|見出し) ?(\d)")
_TITLE = re.compile(r"(?i)^(?:title|titel)$")
_WRITTEN_MARKER = re.compile(r"\s*([•‣◦▪·–-]|\d{1,3}[.)])\s?\t\s*")
_MARKER_PARTS = 6
_PARAGRAPH_ENDS = frozenset(("par", "sect", "page", "column"))


class _Looks(NamedTuple):
    """How the text that follows looks."""

    is_bold: bool = False
    size: int = 24
    is_hidden: bool = False


class Paragraph(NamedTuple):
    """A paragraph.

    `level`: from 0 on, as that of a heading. `size`: of its largest letters. `marker`: that of a list, or empty.
    """

    text: str
    level: int
    is_bold: bool
    size: int
    marker: str
    is_title: bool = False


Table: TypeAlias = list[list[str]]


class RichText:
    """A text as it comes in. `blocks`: paragraphs and tables."""

    def __init__(self) -> None:
        self.blocks: list[Paragraph | Table] = []
        self.named = ""
        self._notes: list[str] = []
        self._looks, self._above = _Looks(), list[_Looks]()
        self._levels: dict[int, int] = {}
        self._titles: set[int] = set()
        self._style, self._level, self._is_title, self._in_table = 0, BODY_LEVEL, False, False
        self._parts: list[str] = []
        self._marker, self._note, self._style_name = "", "", ""
        self._bold, self._plain, self._size = 0, 0, 0
        self._cells: list[str] = []

    def take(self, event: Event) -> None:
        """Takes in what comes next."""
        if event.word in ("{", "}"):
            self._group(event)
        elif event.group == "stylesheet":
            self._in_stylesheet(event)
        elif event.group in ("fonttbl", "info"):
            return
        elif not event.word:
            self._add(event)
        elif event.group == "footnote":
            self._note += " " if event.word in _PARAGRAPH_ENDS else ""
        elif event.word in _PARAGRAPH_ENDS:
            self._end_paragraph()
        elif event.word in ("cell", "nestcell"):
            self._cells.append(self._taken())
        elif event.word in ("row", "nestrow"):
            self._end_row()
        else:
            self._property(event)

    def end(self) -> None:
        """The file is at its end."""
        self._end_paragraph()
        self.blocks += [Paragraph(note, BODY_LEVEL, False, 0, "1.") for note in map(one_line, self._notes) if note]

    def _group(self, event: Event) -> None:
        if event.word == "{":
            self._above.append(self._looks)
            return
        if self._above:
            self._looks = self._above.pop()
        if self._note and event.group != "footnote":
            self._notes.append(self._note)
            self._note = ""

    def _in_stylesheet(self, event: Event) -> None:
        if event.word in ("s", "cs", "ds", "ts"):
            self._style = (event.number or 0) if event.word == "s" else -1
        elif event.word == "outlinelevel" and event.number is not None:
            self._levels[self._style] = event.number
        elif not event.word:
            self._style_name += event.text
            if ";" in event.text:
                name = one_line(self._style_name.partition(";")[0])
                if heading := _HEADING.match(name):
                    self._levels[self._style] = int(heading[1]) - 1
                elif _TITLE.match(name):
                    self._titles.add(self._style)
                self._style_name, self._style = "", 0

    def _add(self, event: Event) -> None:
        if self._looks.is_hidden:
            return
        if event.group == "title":
            self.named += event.text
        elif event.group in ("pntext", "listtext"):
            self._marker += event.text
        elif event.group == "footnote":
            self._note += event.text
        else:
            self._parts.append(event.text)
            length = len(event.text.strip())
            self._bold += length if self._looks.is_bold else 0
            self._plain += 0 if self._looks.is_bold else length
            self._size = max(self._size, self._looks.size) if length else self._size

    def _property(self, event: Event) -> None:
        word, number = event.word, event.number
        if word == "pard":
            self._level, self._is_title, self._in_table = BODY_LEVEL, False, False
        elif word == "s":
            self._level = self._levels.get(number or 0, BODY_LEVEL)
            self._is_title = (number or 0) in self._titles
        elif word == "outlinelevel" and number is not None:
            self._level = number
        elif word == "intbl":
            self._in_table = True
        elif word == "plain":
            self._looks = _Looks()
        elif word == "b":
            self._looks = self._looks._replace(is_bold=number != 0)
        elif word == "v":
            self._looks = self._looks._replace(is_hidden=number != 0)
        elif word == "fs" and number:
            self._looks = self._looks._replace(size=number)

    def _taken(self) -> str:
        text = "".join(self._parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        self._parts, self._marker = [], ""
        self._bold = self._plain = self._size = 0
        return one_line(text)

    def _end_paragraph(self) -> None:
        if self._in_table:
            self._parts.append(" ")
            return
        marker, size, is_bold = self._marker, self._size, self._bold > 0 and not self._plain
        if found := _WRITTEN_MARKER.match("".join(self._parts[:_MARKER_PARTS])):
            marker = found[1]
            self._parts = ["".join(self._parts)[found.end() :]]
        if text := self._taken():
            self.blocks.append(Paragraph(text, self._level, is_bold, size, marker.strip(), self._is_title))

    def _end_row(self) -> None:
        row, self._cells = self._cells, []
        if any(row):
            table = self.blocks[-1] if self.blocks else None
            if isinstance(table, list):
                table.append(row)
            else:
                self.blocks.append([row])
