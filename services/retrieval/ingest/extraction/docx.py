"""Word files: their structure as HTML, read like any other page."""

import io
import re
from itertools import islice

import mammoth
from lxml import html
from lxml.html import HtmlElement

from services.retrieval.ingest.extraction.document import (
    MAXIMUM_CHARACTERS,
    Document,
    Outline,
    one_line,
    too_much_text,
)
from services.retrieval.ingest.extraction.docx_parts import CODE, POINT, prepared
from services.retrieval.ingest.extraction.html_blocks import read_blocks
from services.retrieval.ingest.extraction.html_page import HtmlPage
from services.retrieval.ingest.extraction.package import open_package, title_of

_NOTE = re.compile(r"^#(?:foot|end)note-")
_HEADER_CELL = 40
_CHECKED, _UNCHECKED = "☒", "☐"
"""As Word shows boxes that can be checked."""

# The title stands above all headings. A table of contents says nothing that the headings don't say.
_STYLES = "\n".join(
    (
        "p[style-name='Title'] => h1:fresh",
        "p.Title => h1:fresh",
        "p[style-name='Subtitle'] => p:fresh",
        *(f"p[style-name='heading {level}'] => h{min(level + 1, 6)}:fresh" for level in range(1, 10)),
        *(f"p.Heading{level} => h{min(level + 1, 6)}:fresh" for level in range(1, 10)),
        *(f"p[style-name='toc {level}'] => !" for level in range(1, 10)),
        "p[style-name='TOC Heading'] => !",
        rf"p.{CODE} => pre:separator('\n')",
        f"p.{POINT} => ul > li:fresh",
    )
)


def read_docx(content: bytes) -> Document:
    """Sections under the headings of the file, lists and tables included.

    Pictures, headers and footers are left out. Equations, check boxes and the texts of diagrams are text, and what is
    set in a monospaced type is code.

    The title is the paragraph in the style Title, else the only heading of the first level when the text begins with
    it, else that of the file's properties. UNREADABLE_SOURCE for a file that is encrypted, broken, or no Word file.
    """
    with open_package(content, "Word file", ".docx", ".doc") as archive:
        named = title_of(archive)
        source = _as_html(prepared(archive, content))
    root = html.document_fromstring(f"<body>{source}</body>", parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    _tidy(root)
    title = _title(root) or named
    outline = Outline()
    read_blocks(HtmlPage(root), root, outline, {title})
    return Document(title, outline.sections())


def _as_html(file: io.BytesIO) -> str:
    converted = mammoth.convert_to_html(
        file,
        style_map=_STYLES,
        include_embedded_style_map=False,
        external_file_access=False,
        # Pictures are neither unpacked nor fetched; the descriptions they have stay.
        convert_image=mammoth.images.img_element(lambda _: {}),
    )
    source = str(converted.value)
    if len(source) > 2 * MAXIMUM_CHARACTERS:
        raise too_much_text()
    return source


def _tidy(root: HtmlElement) -> None:
    for element in list(root.iter("a")):
        # The marks of notes, and the way back from a note to its mark.
        if _NOTE.match(element.get("href", "")):
            element.drop_tree()
    for box in list(root.iter("input")):
        box.tail = f" {_UNCHECKED if box.get('checked') is None else _CHECKED} {box.tail or ''}"
        box.drop_tree()
    for table in list(root.iter("table")):
        if len(list(islice(table.iter("td"), 2))) == 1:
            _unbox(table)
        else:
            _name_columns(table)


def _unbox(table: HtmlElement) -> None:
    """A single cell is a frame around paragraphs, lists or code."""
    for part in list(table.iter("tbody", "tr", "td")):
        part.drop_tag()
    table.tag = "div"


def _title(root: HtmlElement) -> str:
    titles = _texts(root, "h1")
    if len(titles) == 1:
        return titles[0]
    headings = _texts(root, "h2")
    first = next((text for element in root.find("body") if (text := _text(element))), "")
    return first if not titles and headings == [first] else ""


def _texts(root: HtmlElement, tag: str) -> list[str]:
    return [text for element in root.iter(tag) if (text := _text(element))]


def _text(element: HtmlElement) -> str:
    return one_line("".join(element.itertext()))


def _name_columns(table: HtmlElement) -> None:
    """Makes the first row the header where it looks like one: Word files seldom say that it is."""
    rows = list(table.iter("tr"))
    if len(rows) < 2 or table.find(".//th") is not None:
        return
    cells = rows[0].findall("td")
    texts = [_text(cell) for cell in cells]
    # Two columns are as often a name and its value.
    if len(cells) > 2 and len(set(texts)) == len(texts) and all(0 < len(text) <= _HEADER_CELL for text in texts):
        for cell in cells:
            cell.tag = "th"
