"""Electronic books: the chapters, in the order in which they are read."""

from collections.abc import Iterator
from posixpath import join, normpath
from urllib.parse import unquote
from zipfile import ZipFile

from lxml import etree, html
from lxml.html import HtmlElement

from services.errors import unreadable
from services.retrieval.ingest.extraction.built import read_body
from services.retrieval.ingest.extraction.decoding import decode
from services.retrieval.ingest.extraction.document import Document, Outline, one_line
from services.retrieval.ingest.extraction.package import open_package, read_xml

_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_TITLE = ".//{http://purl.org/dc/elements/1.1/}title"
_PAGES = frozenset(("application/xhtml+xml", "text/html", "application/x-dtbook+xml"))
# Of a site they are clutter; of a chapter, its title and its notes.
_MARKS = "//a[@role='doc-noteref' or @*[local-name()='epub:type' or local-name()='type']='noteref']"
_AROUND = ("header", "footer", "aside")


def read_epub(content: bytes) -> Document:
    """Sections under the headings of the chapters; tables of contents are left out.

    UNREADABLE_SOURCE for a file that is protected, broken, or no book.
    """
    with open_package(content, "EPUB book", ".epub") as archive:
        main = read_xml(archive, _CONTAINER).find(".//{*}rootfile").get("full-path", "")
        book = read_xml(archive, main)
        title = one_line(book.findtext(_TITLE) or "")
        parts = list(_chapters(book, main))
        if not _encrypted(archive).isdisjoint(parts):
            raise unreadable("The file is protected against copying: add a version without protection.")
        outline = Outline()
        for part in parts:
            if part in archive.namelist() and (body := _body(decode(archive.read(part)))) is not None:
                read_body(body, outline, {title})
    return Document(title, outline.sections())


def _chapters(book: etree._Element, main: str) -> Iterator[str]:
    """The parts that are chapters, in their order."""
    items = {item.get("id"): item for item in book.iterfind("{*}manifest/{*}item")}
    seen: set[str] = set()
    for reference in book.iterfind("{*}spine/{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _PAGES or "nav" in item.get("properties", "").split():
            continue
        part = normpath(join("/", main, "..", unquote(item.get("href", "")))).lstrip("/")
        if part not in seen:
            seen.add(part)
            yield part


def _encrypted(archive: ZipFile) -> set[str]:
    if _ENCRYPTION not in archive.namelist():
        return set()
    references = read_xml(archive, _ENCRYPTION).iter("{*}CipherReference")
    return {unquote(one.get("URI", "")).lstrip("/") for one in references}


def _body(text: str) -> HtmlElement | None:
    source = text.encode("utf-8", "replace")
    if not source.strip():
        return None
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    root = html.document_fromstring(source, parser=parser)
    for mark in root.xpath(_MARKS):
        mark.drop_tree()
    for element in root.iter(*_AROUND):
        element.tag = "div"
    found = root.find("body")
    return root if found is None else found
