"""Texts of OpenDocument: headings, lists, tables and notes."""

from collections.abc import Iterator
from zipfile import ZipFile

from lxml import etree
from lxml.html import HtmlElement

from services.errors import unreadable
from services.retrieval.ingest.extraction.built import add, add_text, name_columns, new_body, read_body
from services.retrieval.ingest.extraction.document import Document, Outline, one_line
from services.retrieval.ingest.extraction.package import open_package, read_xml
from services.retrieval.ingest.extraction.pdf_titles import is_title_of_all

_CONTENT, _STYLES, _META, _MANIFEST = "content.xml", "styles.xml", "meta.xml", "META-INF/manifest.xml"
# Changes that were taken back, comments, fields of forms, and lists of what stands elsewhere in the text.
_LEFT_OUT_TAGS = """
tracked-changes annotation forms table-of-content alphabetical-index illustration-index table-index object-index
user-index sequence-decls variable-decls user-field-decls shapes ruby-text note-citation bookmark-name title desc
"""
_LEFT_OUT = frozenset(_LEFT_OUT_TAGS.split())
_BLOCKS = frozenset(("p", "h", "list", "table"))
_MAXIMUM_REPEATED = 64


def read_odt(content: bytes) -> Document:
    """Sections under the headings of the file.

    The title is the paragraph in the style Title, else that of the file's properties. UNREADABLE_SOURCE for a file that
    is encrypted, broken, or no text of OpenDocument.
    """
    with open_package(content, "OpenDocument text", ".odt") as archive:
        manifest = read_xml(archive, _MANIFEST) if _MANIFEST in archive.namelist() else etree.Element("none")
        if manifest.find(".//{*}encryption-data") is not None:
            raise unreadable("The file is encrypted: remove its password and add it again.")
        named = _property(archive)
        text = _Text(archive)
    title = text.title or (named if is_title_of_all(named) else "")
    outline = Outline()
    read_body(text.body, outline, {title})
    return Document(title, outline.sections())


def _property(archive: ZipFile) -> str:
    if _META not in archive.namelist():
        return ""
    return one_line(read_xml(archive, _META).findtext(".//{http://purl.org/dc/elements/1.1/}title") or "")


class _Text:
    def __init__(self, archive: ZipFile) -> None:
        self.title = ""
        self.body = new_body()
        root = read_xml(archive, _CONTENT)
        sheets = [root, *([read_xml(archive, _STYLES)] if _STYLES in archive.namelist() else [])]
        self._styles = {
            _get(style, "name"): _get(style, "parent-style-name")
            for sheet in sheets
            for style in sheet.iter("{*}style")
            if _get(style, "family") == "paragraph"
        }
        self._numbered = {
            _get(style, "name")
            for sheet in sheets
            for style in sheet.iter("{*}list-style")
            if style.find("{*}list-level-style-number") is not None
        }
        self._notes: list[etree._Element] = []
        content = root.find("{*}body/{*}text")
        if content is None:
            raise ValueError("no text")
        self._read(content, self.body)
        if self._notes:
            notes = add(self.body, "ol")
            # Notes have no notes, so none is added meanwhile.
            for note in self._notes:
                self._inline(note, add(notes, "li"), [])

    def _read(self, parent: etree._Element, into: HtmlElement) -> None:
        for element in parent:
            tag = _tag(element)
            if tag in ("p", "h"):
                self._paragraph(element, tag, into)
            elif tag == "list":
                if next(element.iter("{*}h"), None) is None:
                    self._list(element, into, "")
                else:
                    # Numbered headings stand in lists.
                    for item in element:
                        self._read(item, into)
            elif tag == "table":
                self._table(element, into)
            elif tag and tag not in _LEFT_OUT:
                self._read(element, into)

    def _paragraph(self, element: etree._Element, tag: str, into: HtmlElement) -> None:
        name = "p"
        style = _get(element, "style-name")
        styles = {style, self._styles.get(style, "")}
        if tag == "h":
            level = _get(element, "outline-level")
            name = f"h{min(int(level) + 1 if level.isdecimal() else 2, 6)}"
        elif "Preformatted_20_Text" in styles:
            name = "pre"
        boxes: list[etree._Element] = []
        if name == "pre" and len(into) and into[-1].tag == "pre":
            block = into[-1]
            add_text(block, "\n")
        else:
            block = add(into, name)
        self._inline(element, block, boxes)
        if "Title" in styles and not self.title:
            self.title = one_line("".join(block.itertext()))
            block.tag = "h1"
        for box in boxes:
            self._read(box, into)

    def _inline(self, element: etree._Element, into: HtmlElement, boxes: list[etree._Element]) -> None:
        """Adds the text in a paragraph; `boxes` are the text boxes that hang on it."""
        add_text(into, element.text or "")
        for child in element:
            tag = _tag(child)
            if tag == "s":
                count = _get(child, "c")
                add_text(into, " " * (min(int(count), 200) if count.isdecimal() else 1))
            elif tag == "tab":
                add_text(into, "\t")
            elif tag == "line-break":
                add(into, "br")
            elif tag == "note":
                self._notes += child.findall("{*}note-body")
            elif tag == "text-box":
                boxes.append(child)
            elif tag and tag not in _LEFT_OUT:
                if tag in _BLOCKS:
                    add_text(into, " ")
                self._inline(child, into, boxes)
            add_text(into, child.tail or "")

    def _list(self, element: etree._Element, into: HtmlElement, above: str) -> None:
        style = _get(element, "style-name") or above
        added = add(into, "ol" if style in self._numbered else "ul")
        for item in element:
            if _tag(item) not in ("list-item", "list-header"):
                continue
            point = add(added, "li")
            for child in item:
                if _tag(child) == "list":
                    self._list(child, point, style)
                elif _tag(child):
                    self._inline(child, point, [])
                    add_text(point, " ")

    def _table(self, element: etree._Element, into: HtmlElement) -> None:
        added = add(into, "table")
        heads = {row for head in element.iterfind("{*}table-header-rows") for row in head}
        for row in _rows(element):
            cells = add(added, "tr")
            for cell in row.iterfind("{*}table-cell"):
                spans = {"colspan": _spans(cell, "columns"), "rowspan": _spans(cell, "rows")}
                repeated = _get(cell, "number-columns-repeated")
                for _ in range(min(int(repeated), _MAXIMUM_REPEATED) if repeated.isdecimal() else 1):
                    self._inline(cell, add(cells, "th" if row in heads else "td", "", **spans), [])
        # The first of more than two columns is one of names, whether the file says so or not.
        if not heads and len(added) > 1 and len(added[0]) > 2:
            name_columns(added)


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for child in table:
        if _tag(child) == "table-row":
            yield child
        elif _tag(child) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(child)


def _spans(cell: etree._Element, what: str) -> str:
    return _get(cell, f"number-{what}-spanned") or "1"


def _tag(element: etree._Element) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def _get(element: etree._Element, name: str) -> str:
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")
