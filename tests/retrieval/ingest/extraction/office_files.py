"""Workbooks, presentations, OpenDocument texts and books from the few parts that each needs."""

import io
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from tests.retrieval.ingest.extraction.docx_files import CORE, OFFICE, packed, relations

SHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SLIDE = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
OPEN = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("draw", "drawing"),
    )
)
FORMATS = ("General", '#,##0.00 "€"', "0%", "dd.mm.yyyy", "0")
Parts = Mapping[str, str | bytes]


def properties(title: str) -> Parts:
    return {
        "docProps/core.xml": f'<c:coreProperties xmlns:c="{CORE}" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(title)}</dc:title></c:coreProperties>"
    }


def cell(reference: str, value: str | float | None, style: int = 0) -> str:
    """A cell; a text that begins with `=` has no last result. `style`: a place in FORMATS."""
    if isinstance(value, str) and value.startswith("="):
        return f'<c r="{reference}" s="{style}"><f>{value[1:]}</f></c>'
    if isinstance(value, str):
        return f'<c r="{reference}" s="{style}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{reference}" s="{style}"><v>{value}</v></c>'


def rows(*values: Sequence[str | float | None], start: int = 1) -> str:
    """Rows from column A on; None is a cell that is not there."""
    written = []
    for number, row in enumerate(values, start):
        cells = (cell(f"{chr(65 + at)}{number}", value) for at, value in enumerate(row) if value is not None)
        written.append(f'<row r="{number}">{"".join(cells)}</row>')
    return "".join(written)


def xlsx(*sheets: tuple[str, str], states: Sequence[str] = (), parts: Parts | None = None, after: str = "") -> bytes:
    """A workbook of sheets, each a name and its rows; `after`: behind the rows of the first."""
    named = "".join(
        f'<sheet name="{name}" sheetId="{n + 1}" r:id="r{n + 2}" state="{state}"/>'
        for n, ((name, _), state) in enumerate(zip(sheets, (*states, *["visible"] * len(sheets)), strict=False))
    )
    formats = "".join(f"<numFmt numFmtId='{164 + n}' formatCode='{code}'/>" for n, code in enumerate(FORMATS))
    styles = "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(FORMATS)))
    content: dict[str, str | bytes] = {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {SHEET} xmlns:r="{OFFICE}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("sharedStrings", "sharedStrings.xml"),
            ("styles", "styles.xml"),
            *(("worksheet", f"worksheets/{n}.xml") for n in range(len(sheets))),
        ),
        "xl/styles.xml": f"<styleSheet {SHEET}><numFmts>{formats}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>",
        "xl/sharedStrings.xml": f"<sst {SHEET}><si><r><t>Sha</t></r><r><t>red</t></r><rPh><t>x</t></rPh></si></sst>",
    }
    for n, (_, data) in enumerate(sheets):
        end = after if n == 0 else ""
        content[f"xl/worksheets/{n}.xml"] = f"<worksheet {SHEET}><sheetData>{data}</sheetData>{end}</worksheet>"
    return packed(content | dict(parts or {}))


def shape(*paragraphs: str, role: str = "") -> str:
    """A shape with text. Points begin with as many `-` as they are deep.

    `role`: the place of the layout that it fills.
    """
    place = f'<p:nvSpPr><p:nvPr><p:ph type="{role}"/></p:nvPr></p:nvSpPr>' if role else ""
    texts = "".join(
        f'<a:p><a:pPr lvl="{len(text) - len(text.lstrip("-"))}"/><a:r><a:t>{escape(text.lstrip("-"))}</a:t></a:r></a:p>'
        for text in paragraphs
    )
    return f"<p:sp>{place}<p:txBody>{texts}</p:txBody></p:sp>"


def slide_table(*values: Sequence[str]) -> str:
    cells = (
        "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{v}</a:t></a:r></a:p></a:txBody></a:tc>" for v in row)
        for row in values
    )
    table = "".join(f"<a:tr>{row}</a:tr>" for row in cells)
    return (
        f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{table}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )


def pptx(*slides: str, notes: Mapping[int, str] | None = None, hidden: int = -1, parts: Parts | None = None) -> bytes:
    """A presentation of slides, each of shapes; `notes` by slide."""
    ids = "".join(f'<p:sldId id="{n}" r:id="r{n}"/>' for n in range(len(slides)))
    content: dict[str, str | bytes] = {
        "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f'<p:presentation {SLIDE} xmlns:r="{OFFICE}"><p:sldIdLst>{ids}</p:sldIdLst>'
        "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(*(("slide", f"slides/{n}.xml") for n in range(len(slides)))),
    }
    for n, shapes in enumerate(slides):
        show = ' show="0"' if n == hidden else ""
        tree = "<p:{0} " + SLIDE + show + "><p:cSld><p:spTree>{1}</p:spTree></p:cSld></p:{0}>"
        content[f"ppt/slides/{n}.xml"] = tree.format("sld", shapes)
        if notes and n in notes:
            content[f"ppt/slides/_rels/{n}.xml.rels"] = relations(("notesSlide", f"../notesSlides/{n}.xml"))
            content[f"ppt/notesSlides/{n}.xml"] = tree.format("notes", notes[n])
    return packed(content | dict(parts or {}))


def odt(*blocks: str, styles: str = "", prologue: str = "", parts: Parts | None = None) -> bytes:
    content = (
        f"{prologue}<office:document-content {OPEN}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{''.join(blocks)}</office:text></office:body></office:document-content>"
    )
    first = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content}
    return _named_first(first | dict(parts or {}))


def epub(*chapters: str, title: str = "A book", parts: Parts | None = None) -> bytes:
    """A book; the spine has its chapters, the last one first."""
    places = range(len(chapters))
    items = "".join(f'<item id="c{n}" href="text/{n}%20x.xhtml" media-type="application/xhtml+xml"/>' for n in places)
    spine = "".join(f'<itemref idref="c{n}"/>' for n in reversed(places))
    content: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
        "OPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        f"<dc:title>{escape(title)}</dc:title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>",
    }
    content |= {f"OPS/text/{n} x.xhtml": f"<html><body>{chapter}</body></html>" for n, chapter in enumerate(chapters)}
    return _named_first(content | dict(parts or {}))


def _named_first(parts: Parts) -> bytes:
    """A package whose first part is its media type, uncompressed."""
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content, ZIP_STORED if name == "mimetype" else ZIP_DEFLATED)
    return file.getvalue()
