"""PDF files: their lines put together again to headings, paragraphs, lists and tables."""

import re
from collections.abc import Sequence

from services.errors import unreadable
from services.retrieval.ingest.extraction.document import Document, Outline, Section, one_line
from services.retrieval.ingest.extraction.pdf_layout import ENDS_A_SENTENCE, Columns, Typography, without_furniture
from services.retrieval.ingest.extraction.pdf_lines import HYPHEN, Line, PdfPage, read_pages
from services.retrieval.ingest.extraction.pdf_table import Table, joined
from services.retrieval.ingest.extraction.pdf_titles import is_title_of_all

_LIST_ITEM = re.compile(r"^(?:[-•‣·–▪●○◦∙*]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S")
_BULLET = re.compile(r"^[•‣·▪●○◦∙]\s*")
_ANY_BULLET = re.compile(r"^[•‣·–▪●○◦∙*]\s*")
_LEADERS = re.compile(r"(?:\s?\.){5,}\s*[\divxlc]*$")
"""A line of a table of contents."""

_COMPOUND = re.compile(r"[^\W\d_]+-[^\W\d_]+")
_CUT = re.compile(rf"([^\W_]+)(?:{HYPHEN})\s*([^\W_]+)")

_NUMBERED = re.compile(r"\(?(\d{1,3})[.)]\s")
_SAME_LEFT = 3.0
_NEAR_LINES = 12
_FULL_LINE = 0.85
_SCANNED_CHARACTERS = 20
_SCANNED_LETTERS = 0.15
"""A page with an image and less text than this, or a smaller share of letters in it, is the picture of a page."""


def read_pdf(content: bytes) -> Document:
    """Sections under their headings, told by size and weight; headers and footers left out.

    UNREADABLE_SOURCE for a file that is encrypted, broken, or has pictures of pages and no text.
    """
    text = read_pages(content)
    is_scanned = any(page.has_images or not page.has_names for page in text.pages)
    if is_scanned and not any(map(_has_text, text.pages)):
        raise unreadable("The file holds scanned pages without text: run text recognition (OCR) on it first.")
    pages = without_furniture([page.lines for page in text.pages])
    pages = [[line for line in lines if not _LEADERS.search(line.text)] for lines in pages]
    form = Typography(pages)
    title = one_line(text.title)
    if not is_title_of_all(title):
        title = next((form.title(lines) for lines in pages if lines), "")
    reader = _BlockReader(form, title)
    for lines in pages:
        reader.page(lines)
    return _mended(title, reader.sections())


def _has_text(page: PdfPage) -> bool:
    characters = "".join(line.text for line in page.lines)
    if not page.has_images:
        return bool(characters)
    # What recognition takes for digits and points is no text.
    letters = sum(map(str.isalpha, characters))
    return len(characters) >= _SCANNED_CHARACTERS and letters >= len(characters) * _SCANNED_LETTERS


class _BlockReader:
    """Lines in, blocks out; a paragraph may go on over the end of a column or page."""

    def __init__(self, form: Typography, title: str) -> None:
        self._form = form
        self._title = title
        self._outline = Outline()
        self._block: list[str] = []
        self._heading: list[str] = []
        self._level = 0
        self._last: Line | None = None
        self._last_is_full = False
        self._left = 0.0
        self._table = Table()

    def page(self, lines: Sequence[Line]) -> None:
        """The next page, in reading order."""
        columns = Columns(lines)
        first = True
        for place, line in enumerate(lines):
            level = self._form.level(line)
            if level:
                self._end_block()
                if self._level != level or not self._follows(line):
                    self._end_heading()
                self._heading.append(line.text)
                self._level = level
            else:
                self._end_heading()
                self._text(line, lines[place + 1 : place + 1 + _NEAR_LINES], first or self._begins_a_column(line))
            self._last, self._last_is_full = line, line.last_right >= columns.right_of(line) * _FULL_LINE
            first = False

    def sections(self) -> tuple[Section, ...]:
        """All that was read."""
        self._end_block()
        self._end_heading()
        return self._outline.sections()

    def _text(self, line: Line, coming: Sequence[Line], first: bool) -> None:
        """Read a line that is no heading.

        `coming`: the lines below. `first`: it is the first of its page or column, so where the one before stood says
        nothing.
        """
        near = first or self._follows(line)
        if near and self._table.goes_on_in(line):
            return
        is_item = self._is_item(line, coming)
        if len(line.cells) > 1 and not is_item:
            if not self._table:
                self._end_block()
            self._table.row(line)
            return
        self._end_table()
        text = (_ANY_BULLET if is_item else _BULLET).sub("- ", line.text)
        if self._block and not is_item and near and (self._last_is_full or text[:1].islower()):
            self._block[-1] = joined(self._block[-1], text)
            return
        if not near and not (is_item and self._block and _LIST_ITEM.match(self._block[0])):
            self._end_block()
        self._block.append(text)
        self._left = line.left

    def _is_item(self, line: Line, coming: Sequence[Line]) -> bool:
        """Whether a line begins a list item, rather than going on in a sentence with a number."""
        mark = _LIST_ITEM.match(line.text)
        if mark is None or _BULLET.match(line.text) or not self._block:
            return mark is not None
        is_wrapped = self._last_is_full and self._follows(line) and abs(line.left - self._left) < _SAME_LEFT
        if not is_wrapped or ENDS_A_SENTENCE.search(self._block[-1]):
            return True
        number = _NUMBERED.match(line.text)
        if number is None:
            return _LIST_ITEM.match(self._block[-1]) is not None
        # Items come in their order.
        before = next((item[1] for text in reversed(self._block) if (item := _NUMBERED.match(text))), "")
        after = {
            item[1] for one in coming if (item := _NUMBERED.match(one.text)) and abs(one.left - line.left) < _SAME_LEFT
        }
        return before == str(int(number[1]) - 1) or str(int(number[1]) + 1) in after

    def _follows(self, line: Line) -> bool:
        return self._last is not None and self._form.follows(self._last, line)

    def _begins_a_column(self, line: Line) -> bool:
        return self._last is not None and line.left >= self._last.right and line.top < self._last.top

    def _end_heading(self) -> None:
        if self._heading:
            text = one_line(" ".join(self._heading))
            put = self._outline.heading if text != self._title else self._outline.title
            put(self._level, text)
            self._heading = []

    def _end_block(self) -> None:
        self._end_table()
        self._outline.block("\n".join(self._block))
        self._block = []

    def _end_table(self) -> None:
        table, self._table = self._table, Table()
        self._outline.block(table.text())


def _mended(title: str, sections: Sequence[Section]) -> Document:
    """Words that were cut at line ends, whole again; a hyphen stays where it belongs."""
    compounds = {one.lower() for section in sections for one in _COMPOUND.findall(section.text)}

    def whole(match: re.Match[str]) -> str:
        head, tail = match.groups()
        keeps = f"{head}-{tail}".lower() in compounds or not tail[0].islower() or not head[-1].isalpha()
        return f"{head}-{tail}" if keeps else head + tail

    def clean(text: str) -> str:
        return _CUT.sub(whole, text).replace(HYPHEN, "-")

    mended = (Section(tuple(map(clean, section.headings)), clean(section.text)) for section in sections)
    return Document(clean(title), tuple(mended))
