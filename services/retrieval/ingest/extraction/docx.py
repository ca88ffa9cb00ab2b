"""Word files: their structure as HTML, read like any other page."""

import io
import re
from zipfile import ZipFile, ZipInfo

import mammoth
from lxml import etree, html
from lxml.html import HtmlElement

from services.errors import ChatmountError, unreadable
from services.retrieval.ingest.extraction.document import (
    MAXIMUM_CHARACTERS,
    Document,
    Outline,
    one_line,
    too_much_text,
)
from services.retrieval.ingest.extraction.html_blocks import read_blocks
from services.retrieval.ingest.extraction.html_clutter import Clutter

MAXIMUM_PARTS_BYTES = 64 * 1024 * 1024
"""Of all parts but pictures together, unpacked: a small file can unpack to any size."""

_MAXIMUM_PARTS = 10_000
# Ten to twenty times its size is what a file unpacks to; rows and rows of empty cells, to more.
_UNPACKED = 4 * 1024 * 1024
_UNPACKED_PER_BYTE = 100
_PICTURES = "word/media/"
_HEAD = 64
_BEFORE_XML = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_PROPERTIES = "docProps/core.xml"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_NO_TITLE = re.compile(r"(?i)^(?:untitled|microsoft word - .*|.*\.(?:docx?|odt|rtf))?$")
_NOTE = re.compile(r"^#(?:foot|end)note-")
_HEADER_CELL = 40

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
    )
)


def read_docx(content: bytes) -> Document:
    """Sections under the headings of the file, lists and tables included; pictures, headers and footers left out.

    The title is the paragraph in the style Title, else the only heading of the first level when the text begins with
    it, else that of the file's properties. UNREADABLE_SOURCE for a file that is encrypted, broken, or no Word file.
    """
    if content.startswith(_OLE):
        raise unreadable("The file is encrypted, or in the old .doc format: save it as .docx without a password.")
    if not content.startswith(_ZIP):
        raise unreadable("The file is no Word file, whatever its name says: save it as .docx and add it again.")
    try:
        named = _checked(content)
        source = _as_html(content)
    except (ChatmountError, MemoryError):
        raise
    except Exception as error:
        # A part that is malformed leads the libraries to any kind of error.
        raise unreadable("The file is broken: open it, save it as .docx once more, and add it again.") from error
    if not source.strip():
        raise unreadable("The file has no text to answer from.")
    root = html.document_fromstring(f"<body>{source}</body>", parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    _tidy(root)
    title = _title(root) or ("" if _NO_TITLE.match(named) else named)
    outline = Outline()
    read_blocks(root, outline, title, Clutter(root))
    return Document(title, outline.sections())


def _checked(content: bytes) -> str:
    """The title in the properties of a file that is worth unpacking; empty when there is none."""
    with ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        limit = min(MAXIMUM_PARTS_BYTES, _UNPACKED + _UNPACKED_PER_BYTE * len(content))
        if len(parts) > _MAXIMUM_PARTS or sum(_size(archive, part) for part in parts) > limit:
            raise too_much_text()
        if _PROPERTIES not in archive.namelist():
            return ""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        root = etree.fromstring(archive.read(_PROPERTIES), parser)
        return one_line(root.findtext(_TITLE) or "")


def _size(archive: ZipFile, part: ZipInfo) -> int:
    """How many bytes a part can cost. Pictures are never opened, but any part may be named like one: a relationship
    makes it the text. What can't be XML can't be that.
    """
    if not part.filename.lower().startswith(_PICTURES) or part.file_size <= _HEAD:
        return part.file_size
    with archive.open(part) as file:
        may_be_xml = file.read(_HEAD).lstrip(_BEFORE_XML)[:1] in (b"", b"<")
    return part.file_size if may_be_xml else 0


def _as_html(content: bytes) -> str:
    converted = mammoth.convert_to_html(
        io.BytesIO(content),
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
    for table in root.iter("table"):
        _name_columns(table)


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
