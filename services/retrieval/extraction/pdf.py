"""PDF files: their lines put together again to headings, paragraphs, lists and tables."""

import re
from collections.abc import Iterator, Sequence

from services.retrieval.extraction.document import Document, Outline, Section, one_line, table_rows, unreadable
from services.retrieval.extraction.pdf_layout import Columns, Type, without_furniture
from services.retrieval.extraction.pdf_lines import HYPHEN, Line, Page, read_pages

_LIST_ITEM = re.compile(r"^(?:[-•‣·–▪●○◦∙*]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S")
_BULLET = re.compile(r"^[•‣·–▪●○◦∙*]\s*")
_NO_TITLE = re.compile(
    r"(?i)^(?:untitled|microsoft (?:word|powerpoint|excel) - .*|.*\.(?:docx?|pdf|tex|dvi|indd|odt|pptx?|xlsx?))?$"
)
_LEADERS = re.compile(r"(?:\s?\.){5,}\s*[\divxlc]*$")
"""A line of a table of contents."""

_COMPOUND = re.compile(r"[^\W\d_]+-[^\W\d_]+")
_CUT = re.compile(rf"([^\W_]+)(?:{HYPHEN})\s*([^\W_]+)")

_FULL_LINE = 0.85
_SCANNED_CHARACTERS = 20
"""A page with an image and less text than this is the picture of a page."""


def read_pdf(content: bytes) -> Document:
    """Sections under their headings, told by the size and weight of the type; headers and footers left out.

    UNREADABLE_SOURCE for a file that is encrypted, broken, or has pictures of pages and no text.
    """
    text = read_pages(content)
    if not any(map(_has_text, text.pages)):
        if any(page.has_images for page in text.pages):
            raise unreadable("The file holds scanned pages without text: run text recognition (OCR) on it first.")
        raise unreadable("The file has no text to answer from.")
    pages = without_furniture([page.lines for page in text.pages])
    pages = [[line for line in lines if not _LEADERS.search(line.text)] for lines in pages]
    form = Type(pages)
    title = one_line(text.title)
    if _NO_TITLE.match(title):
        title = next((form.title(lines) for lines in pages if lines), "")
    reader = _Reader(form, title)
    for lines in pages:
        reader.page(lines)
    return _mended(title, reader.sections())


def _has_text(page: Page) -> bool:
    characters = sum(len(line.text) for line in page.lines)
    return characters >= _SCANNED_CHARACTERS if page.has_images else characters > 0


class _Reader:
    """Lines in, blocks out; a paragraph may go on over the end of a column or page."""

    def __init__(self, form: Type, title: str) -> None:
        self._form = form
        self._title = title
        self._outline = Outline()
        self._block: list[str] = []
        self._heading: list[str] = []
        self._level = 0
        self._last: Line | None = None
        self._last_is_full = False
        self._table: list[tuple[str, ...]] = []

    def page(self, lines: Sequence[Line]) -> None:
        """The next page, in reading order."""
        columns = Columns(lines)
        first = True
        for line in lines:
            level = self._form.level(line)
            if level:
                self._end_block()
                if self._level != level or not self._follows(line):
                    self._end_heading()
                self._heading.append(line.text)
                self._level = level
            else:
                self._end_heading()
                self._text(line, first or self._begins_a_column(line))
            self._last, self._last_is_full = line, line.last_right >= columns.right_of(line) * _FULL_LINE
            first = False

    def sections(self) -> tuple[Section, ...]:
        """All that was read."""
        self._end_block()
        self._end_heading()
        return self._outline.sections()

    def _text(self, line: Line, first: bool) -> None:
        """`first`: the line is the first of its page or column, so where the one before stood says nothing."""
        is_item = bool(_LIST_ITEM.match(line.text))
        if len(line.cells) > 1 and not is_item:
            if not self._table:
                self._end_block()
            self._table.append(line.cells)
            return
        self._end_table()
        text = _BULLET.sub("- ", line.text)
        near = first or self._follows(line)
        if self._block and not is_item and near and (self._last_is_full or text[:1].islower()):
            before = self._block[-1]
            if before.endswith("-") and text[:1].isalpha():
                self._block[-1] = before[:-1] + HYPHEN + text
            else:
                self._block[-1] = f"{before}{text}" if before.endswith(HYPHEN) else f"{before} {text}"
            return
        if not near and not (is_item and self._block and _LIST_ITEM.match(self._block[0])):
            self._end_block()
        self._block.append(text)

    def _follows(self, line: Line) -> bool:
        return self._last is not None and self._form.follows(self._last, line)

    def _begins_a_column(self, line: Line) -> bool:
        return self._last is not None and line.left >= self._last.right and line.top < self._last.top

    def _end_heading(self) -> None:
        if self._heading:
            text = one_line(" ".join(self._heading))
            if text != self._title:
                self._outline.heading(self._level, text)
            self._heading = []

    def _end_block(self) -> None:
        self._end_table()
        self._outline.block("\n".join(self._block))
        self._block = []

    def _end_table(self) -> None:
        rows, self._table = self._table, []
        if len(rows) > 1 and len(rows[0]) > 2 and len({len(row) for row in rows}) == 1:
            self._outline.block(table_rows(list(rows[0]), map(list, rows[1:])))
        elif rows:
            self._outline.block("\n".join((": " if len(row) == 2 else "; ").join(row) for row in rows))


def _mended(title: str, sections: Sequence[Section]) -> Document:
    """Words that were cut at the ends of lines, whole again; a hyphen stays where it belongs to the word."""
    compounds = {one.lower() for section in sections for one in _COMPOUND.findall(section.text)}

    def whole(match: re.Match[str]) -> str:
        head, tail = match.groups()
        keeps = f"{head}-{tail}".lower() in compounds or not tail[0].islower() or not head[-1].isalpha()
        return f"{head}-{tail}" if keeps else head + tail

    def clean(text: str) -> str:
        return _CUT.sub(whole, text).replace(HYPHEN, "-")

    def mended() -> Iterator[Section]:
        for section in sections:
            yield Section(tuple(map(clean, section.headings)), clean(section.text))

    return Document(clean(title), tuple(mended()))
