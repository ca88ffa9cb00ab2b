"""Presentations: a section for each slide under its title, with its tables and notes."""

from collections.abc import Iterator
from zipfile import ZipFile

from lxml import etree
from lxml.html import HtmlElement

from services.retrieval.ingest.extraction.built import add, add_text, name_columns, new_body, read_body
from services.retrieval.ingest.extraction.document import MAXIMUM_CHARACTERS, Document, Outline, one_line, too_much_text
from services.retrieval.ingest.extraction.omml import linear
from services.retrieval.ingest.extraction.package import open_package, read_xml, title_of
from services.retrieval.ingest.extraction.pdf_titles import is_title_of_all
from services.retrieval.ingest.extraction.relations import targets

_TITLES = frozenset(("title", "ctrTitle"))
# What stands on every slide, or is a picture of a slide among its notes.
_AROUND = frozenset(("dt", "ftr", "sldNum", "hdr", "sldImg"))
_TRUE = ("1", "true")
_MAXIMUM_DEPTH = 50


def read_pptx(content: bytes) -> Document:
    """Slides in their order; hidden ones, and what stands on every slide, are left out.

    The title is that of the file's properties, else that of a first slide which holds little else. UNREADABLE_SOURCE
    for a file that is encrypted, broken, or no presentation.
    """
    with open_package(content, "PowerPoint file", ".pptx", ".ppt") as archive:
        slides = [_Slide(archive, part) for part in _slides(archive)]
        title = title_of(archive)
    title = title if is_title_of_all(title) else ""
    if not title and slides and slides[0].is_cover:
        title = slides[0].title
    outline = Outline()
    left = MAXIMUM_CHARACTERS
    for slide in slides:
        left -= slide.length
        if left < 0:
            raise too_much_text()
        # Slides that go on under the same title are one section.
        outline.heading(1, "" if slide.title == title else slide.title)
        read_body(slide.body, outline)
    return Document(title, outline.sections())


def _slides(archive: ZipFile) -> Iterator[str]:
    main = next(iter(targets(archive, "", "officeDocument").values()))
    parts = targets(archive, main, "slide")
    for slide in read_xml(archive, main).iterfind("{*}sldIdLst/{*}sldId"):
        key = next((value for name, value in slide.attrib.items() if name.endswith("}id")), "")
        if key in parts:
            yield parts[key]


class _Slide:
    """A slide; one that is hidden is empty."""

    def __init__(self, archive: ZipFile, part: str) -> None:
        self.title = ""
        self.body = new_body()
        root = read_xml(archive, part)
        if root.get("show", "1") not in _TRUE:
            self.length, self.is_cover = 0, False
            return
        for shape in _shapes(root.find("{*}cSld/{*}spTree")):
            self._add(shape)
        self.is_cover = bool(self.title) and self.body.find("table") is None and len(self.body) <= 2
        diagrams = targets(archive, part, "diagramData")
        for diagram in diagrams.values():
            for point in read_xml(archive, diagram).iterfind("{*}ptLst/{*}pt/{*}t"):
                _add_paragraphs(self.body, point, is_list=True)
        for notes in targets(archive, part, "notesSlide").values():
            for shape in _shapes(read_xml(archive, notes).find("{*}cSld/{*}spTree")):
                if _role(shape) not in _AROUND and (text := shape.find("{*}txBody")) is not None:
                    _add_paragraphs(self.body, text, is_list=False)
        self.length = sum(map(len, self.body.itertext()))

    def _add(self, shape: etree._Element) -> None:
        role = _role(shape)
        if role in _AROUND:
            return
        text = shape.find("{*}txBody")
        if role in _TITLES and text is not None and not self.title:
            self.title = one_line(" ".join(map(_text, text.iterfind("{*}p"))))
        elif text is not None:
            # Text boxes hold paragraphs; the places that a layout has for text, points.
            _add_paragraphs(self.body, text, is_list=role in ("body", "obj"))
        for table in shape.iterfind("{*}graphic/{*}graphicData/{*}tbl"):
            self._add_table(table)

    def _add_table(self, table: etree._Element) -> None:
        added = add(self.body, "table")
        for row in table.iterfind("{*}tr"):
            cells = add(added, "tr")
            for cell in row.iterfind("{*}tc"):
                if cell.get("hMerge") in _TRUE or cell.get("vMerge") in _TRUE:
                    continue
                text = one_line(" ".join(_text(one) for one in cell.iterfind("{*}txBody/{*}p")))
                spans = {"colspan": cell.get("gridSpan", "1"), "rowspan": cell.get("rowSpan", "1")}
                add(cells, "td", text, **spans)
        properties = table.find("{*}tblPr")
        # Without the mark, a first row over more than two columns is still one of names.
        if (properties is not None and properties.get("firstRow") in _TRUE) or len(added[0]) > 2:
            name_columns(added)


def _shapes(tree: etree._Element | None, depth: int = 0) -> Iterator[etree._Element]:
    """The shapes of a slide in the order in which screen readers read them."""
    for shape in tree if tree is not None else ():
        if not isinstance(shape.tag, str):
            continue
        tag = etree.QName(shape).localname
        if tag == "grpSp" and depth < _MAXIMUM_DEPTH:
            yield from _shapes(shape, depth + 1)
        elif tag == "AlternateContent":
            yield from _shapes(shape.find("{*}Choice"), depth + 1) if depth < _MAXIMUM_DEPTH else ()
        elif tag in ("sp", "graphicFrame"):
            yield shape


def _role(shape: etree._Element) -> str:
    """Which place of the layout a shape fills; empty for one of its own."""
    place = shape.find("{*}nvSpPr/{*}nvPr/{*}ph")
    return str(place.get("type", "obj")) if place is not None else ""


def _add_paragraphs(body: HtmlElement, text: etree._Element, *, is_list: bool) -> None:
    """Paragraphs, and points as lists: one that is deeper, or follows another, is a point."""
    paragraphs = [one for one in text.iterfind("{*}p") if _text(one)]
    is_list = is_list and (len(paragraphs) > 1)
    levels: list[HtmlElement] = []
    for paragraph in paragraphs:
        properties = paragraph.find("{*}pPr")
        level = int(properties.get("lvl", "0")) if properties is not None else 0
        has_mark = _has_mark(properties, is_list=is_list)
        if not has_mark:
            levels = []
            add(body, "p", _text(paragraph))
            continue
        del levels[level + 1 :]
        while len(levels) < level + 1 and len(levels) < _MAXIMUM_DEPTH:
            parent = levels[-1] if levels else body
            holder = parent[-1] if levels and len(parent) else parent
            levels.append(add(holder, "ol" if _is_numbered(properties) else "ul"))
        add_text(add(levels[-1], "li"), _text(paragraph))


def _has_mark(properties: etree._Element | None, *, is_list: bool) -> bool:
    if properties is None:
        return is_list
    if properties.find("{*}buNone") is not None:
        return False
    return is_list or any(properties.find(f"{{*}}{name}") is not None for name in ("buChar", "buAutoNum", "buBlip"))


def _is_numbered(properties: etree._Element | None) -> bool:
    return properties is not None and properties.find("{*}buAutoNum") is not None


def _text(paragraph: etree._Element) -> str:
    parts = []
    for piece in paragraph:
        tag = etree.QName(piece).localname if isinstance(piece.tag, str) else ""
        if tag in ("r", "fld"):
            parts.append(piece.findtext("{*}t") or "")
        elif tag == "br":
            parts.append(" ")
        elif tag == "m":
            parts.append(linear(piece))
    return one_line("".join(parts))
