"""Texts of OpenDocument."""

from services.retrieval.ingest.extraction.by_kind import extract
from services.retrieval.ingest.extraction.document import Document, Section
from tests.retrieval.ingest.extraction.office_files import odt

STYLES = (
    '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>'
    '<text:list-style style:name="L2"><text:list-level-style-number/></text:list-style>'
)


def paragraph(text: str, style: str = "Standard") -> str:
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def heading(text: str, level: int = 1) -> str:
    return f'<text:h text:outline-level="{level}">{text}</text:h>'


def points(*items: str, style: str = "L1") -> str:
    inner = "".join(f"<text:list-item>{item}</text:list-item>" for item in items)
    return f'<text:list text:style-name="{style}">{inner}</text:list>'


def row(*cells: str) -> str:
    inner = "".join(f"<table:table-cell>{paragraph(cell)}</table:table-cell>" for cell in cells)
    return f"<table:table-row>{inner}</table:table-row>"


def test_headings_lists_tables_and_notes_become_text() -> None:
    note = f"<text:note-citation>1</text:note-citation><text:note-body>{paragraph('Ask.')}</text:note-body>"
    note = f"<text:note>{note}</text:note>"
    box = f"<draw:frame><draw:text-box>{paragraph('In a box.')}</draw:text-box></draw:frame>"
    wide = '<table:table-row><table:table-cell table:number-columns-repeated="1000"/></table:table-row>'
    content = odt(
        f"<text:tracked-changes>{paragraph('Gone.')}</text:tracked-changes>",
        paragraph("Staff <text:span>hand</text:span>book", "P1"),
        f"<text:table-of-content>{paragraph('Holidays 3')}</text:table-of-content>",
        points(heading("Holidays")),
        paragraph(f"Thirty<text:s/>days{note}.<office:annotation>{paragraph('No!')}</office:annotation>{box}"),
        points(paragraph("Ask") + points(paragraph("early")), paragraph("Book")),
        heading("Rules", 2),
        points(paragraph("One"), paragraph("Two"), style="L2"),
        f"<text:section><table:table>{row('Year', 'Days', 'Until')}{row('2026', '5', 'March')}{wide}",
        "</table:table></text:section>",
        paragraph("a = 1", "Preformatted_20_Text") + paragraph("  b", "Preformatted_20_Text"),
        styles=STYLES,
    )
    assert extract(content, "odt") == Document(
        "Staff handbook",
        (
            Section(("Holidays",), "Thirty days.\n\nIn a box.\n\n- Ask\n  - early\n- Book"),
            Section(
                ("Holidays", "Rules"),
                "1. One\n2. Two\n\nYear: 2026; Days: 5; Until: March\n\n    a = 1\n      b\n\n1. Ask.",
            ),
        ),
    )
