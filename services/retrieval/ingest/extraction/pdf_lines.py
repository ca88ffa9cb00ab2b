"""PDF files to lines of text with their place and type, by PDFium."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from services.errors import unreadable
from services.retrieval.ingest.extraction.document import MAXIMUM_CHARACTERS, too_much_text
from services.retrieval.ingest.extraction.pdf_glyphs import Glyphs

MAXIMUM_PAGES = 5000
HYPHEN = "\x02"
"""PDFium's mark for a hyphen at the end of a line, which the rest of the word follows."""

_HEAD_BYTES = 1024
_LINE = re.compile(r"[^\r\n]+")
_WORD = re.compile(rf"[^\s{HYPHEN}]+{HYPHEN}?|{HYPHEN}")
_UNPRINTABLE = re.compile(r"[\x00\x01\x03-\x1f\ud800-\uf8ff\ufffd-\uffff]")
"""What a font maps to nothing readable: private use, replacement and control characters, lone surrogates."""

_GAP_EMS = 1.2
"""A gap in a line that is wider than this is between two cells of a table, or two columns."""
_WORD_GAP_EMS = 0.5
_FORM_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line on a page: its cells, where each begins, its place in points, its type.

    Wide gaps part a line into cells; else it is one.

    `top` counts from the upper edge of the page downwards, `last_top` and `last_right` are those of the last word: a
    line that ends in a cut word has the line below in it. `size` is the height of the type, to half a point.
    """

    cells: tuple[str, ...]
    lefts: tuple[float, ...]
    right: float
    top: float
    last_top: float
    last_right: float
    size: float
    bold: bool

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.lefts[0]

    @property
    def text(self) -> str:
        """The whole line."""
        return " ".join(self.cells)


@dataclass(frozen=True, slots=True)
class PdfPage:
    """The lines of a page, in reading order.

    `has_names`: most of its characters can be told, not only drawn.
    """

    lines: tuple[Line, ...]
    has_images: bool
    has_names: bool = True


@dataclass(frozen=True, slots=True)
class PdfText:
    """What PDFium finds in a file. `title` is that of its properties."""

    title: str
    pages: tuple[PdfPage, ...]


def read_pages(content: bytes) -> PdfText:
    """All lines of a file. UNREADABLE_SOURCE for one that is no PDF, locked or broken."""
    if b"%PDF-" not in content[:_HEAD_BYTES]:
        raise unreadable("The file is no PDF, whatever its name says: export it as PDF and add it again.")
    try:
        document = pdfium.PdfDocument(content)
        if len(document) > MAXIMUM_PAGES:
            raise unreadable(f"The file has more than {MAXIMUM_PAGES} pages; split it into smaller ones.")
        title = str(document.get_metadata_value("Title"))
        pages = []
        characters = 0
        for number in range(len(document)):
            page, count = _page(document, number)
            characters += count
            if characters > MAXIMUM_CHARACTERS:
                raise too_much_text()
            pages.append(page)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise unreadable("The file is encrypted: remove its password and add it again.") from error
        # A page that is missing must not pass for one that says nothing.
        raise unreadable("The file is broken: open it, save it as PDF once more, and add it again.") from error
    return PdfText(title, tuple(pages))


def _page(document: pdfium.PdfDocument, number: int) -> tuple[PdfPage, int]:
    page = document[number]
    text = page.get_textpage()
    try:
        count = int(text.count_chars())
        glyphs = Glyphs(page, text, count) if count <= MAXIMUM_CHARACTERS else None
        lines = tuple(_joined(_lines(glyphs))) if glyphs and glyphs.have_names else ()
        images = any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_FORM_DEPTH))
    finally:
        text.close()
        page.close()
    return PdfPage(lines, images, glyphs is None or glyphs.have_names), count


def _lines(glyphs: Glyphs) -> Iterator[Line]:
    text = "".join(glyphs.characters)
    for line in _LINE.finditer(text):
        words = [word.span() for word in _WORD.finditer(text, *line.span())]
        if words and (read := _line(glyphs, words)):
            yield read


def _joined(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, each whole.

    What stands right behind a raised number comes from the file as a line of its own.
    """
    last: Line | None = None
    for line in lines:
        if last and line.size == last.size and abs(line.top - last.top) <= line.size / 4:
            gap = line.left - last.right
            if abs(gap) <= _WORD_GAP_EMS * line.size:
                space = " " if gap > _WORD_GAP_EMS * line.size / 4 else ""
                cells = (*last.cells[:-1], last.cells[-1] + space + line.cells[0], *line.cells[1:])
                lefts = (*last.lefts, *line.lefts[1:])
                last = replace(last, cells=cells, lefts=lefts, right=line.right, last_right=line.last_right)
                continue
        if last:
            yield last
        last = line
    if last:
        yield last


def _line(glyphs: Glyphs, words: list[tuple[int, int]]) -> Line | None:
    """The line of these words, given by begin and end; None when none of them can be shown."""
    characters = glyphs.characters
    size, bold = glyphs.type_of([place for start, end in words for place in range(start, end)])
    words = glyphs.without_note_marks(words, size)
    cells: list[list[str]] = []
    lefts: list[float] = []
    first = box = glyphs.box(words[0][0])
    end, right, last_right = math.inf, 0.0, 0.0
    for start, stop in words:
        begin, box = glyphs.box(start), glyphs.box(stop - 1)
        # A number on a page that is read from the right has its first digit at its end.
        left = min(begin.left, box.left) if glyphs.is_from_right else begin.left
        if not cells or left - end > _GAP_EMS * size:
            cells.append([])
            lefts.append(left)
        cells[-1].append(_UNPRINTABLE.sub("", "".join(characters[start:stop])))
        last_right = max(begin.right, box.right) if glyphs.is_from_right else box.right
        # The rest of a word that was cut stands on the next line, far to the left.
        end = math.inf if characters[stop - 1] == HYPHEN else last_right
        right = max(right, last_right)
    texts = [" ".join(filter(None, words_of_cell)) for words_of_cell in cells]
    shown = [(text, left) for text, left in zip(texts, lefts, strict=True) if text]
    if not shown:
        return None
    texts, lefts = [text for text, _ in shown], [left for _, left in shown]
    return Line(tuple(texts), tuple(lefts), right, first.top, box.top, last_right, size, bold)
