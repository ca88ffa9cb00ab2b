"""Word files, written by hand from the few parts that one needs."""

import io
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = {"Title": "Title", "berschrift1": "heading 1", "berschrift2": "heading 2", "Verzeichnis1": "toc 1"}
CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(text: str, style: str = "", numbering: int = -1) -> str:
    """A paragraph of a Word file.

    `style`: the id of one; `numbering`: 0 puts it into a list with bullets, 1 into one with numbers.
    """
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    if numbering >= 0:
        properties += f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{numbering + 1}"/></w:numPr>'
    return f"<w:p><w:pPr>{properties}</w:pPr>{text if text.startswith('<') else run(text)}</w:p>"


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table; a cell may be given as paragraphs."""
    cells = (
        "".join(f"<w:tc>{cell if cell.startswith('<w:p>') else paragraph(cell)}</w:tc>" for cell in row) for row in rows
    )
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def docx(
    *blocks: str,
    title: str = "",
    prologue: str = "",
    main: str = "word/document.xml",
    parts: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """A whole file.

    `prologue` stands in front of the document's XML, which is the part named `main`; `parts` are more parts, or other
    ones.
    """
    numbers = "".join(
        f'<w:abstractNum w:abstractNumId="{number}">'
        f'<w:lvl w:ilvl="0"><w:numFmt w:val="{kind}"/></w:lvl></w:abstractNum>'
        for number, kind in enumerate(("bullet", "decimal"))
    ) + "".join(f'<w:num w:numId="{n + 1}"><w:abstractNumId w:val="{n}"/></w:num>' for n in (0, 1))
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in STYLES.items()
    )
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": relations(("officeDocument", main)),
        "word/_rels/document.xml.rels": relations(("styles", "styles.xml"), ("numbering", "numbering.xml")),
        main.lstrip("/"): f"{prologue}<w:document {WORD}><w:body>{''.join(blocks)}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {WORD}>{styles}</w:styles>",
        "word/numbering.xml": f"<w:numbering {WORD}>{numbers}</w:numbering>",
    }
    if title:
        content["docProps/core.xml"] = (
            f'<c:coreProperties xmlns:c="{CORE}" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<dc:title>{escape(title)}</dc:title></c:coreProperties>"
        )
    return packed(content | dict(parts or {}))


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def relations(*targets: tuple[str, str]) -> str:
    """Which parts play which roles, by the ends of their types."""
    one = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets)
    )
    return f'<Relationships xmlns="{RELATIONS}">{one}</Relationships>'
