"""Presentations: slides under their titles, with notes."""

from services.retrieval.ingest.extraction.by_kind import extract
from services.retrieval.ingest.extraction.document import Document, Section
from tests.retrieval.ingest.extraction.office_files import pptx, properties, shape, slide_table


def test_slides_are_sections_with_points_tables_and_notes() -> None:
    group = f"<p:grpSp>{shape('In a group.')}</p:grpSp>"
    content = pptx(
        shape("Plan for", "2026", role="ctrTitle") + shape("Example Ltd", role="subTitle"),
        shape("Goals", role="title") + shape("Sell bikes", "-In Graz", "Hire", role="body") + shape("3", role="sldNum"),
        shape("Budget", role="title") + slide_table(("Item", "Euros", "When"), ("Shop", "12,000", "May")) + group,
        shape("Secret", role="title") + shape("Hidden.", role="body"),
        notes={1: shape("Ten a week.") + shape("2", role="sldNum")},
        hidden=3,
    )
    assert extract(content, "pptx") == Document(
        "Plan for 2026",
        (
            Section((), "Example Ltd"),
            Section(("Goals",), "- Sell bikes\n  - In Graz\n- Hire\n\nTen a week."),
            Section(("Budget",), "Item: Shop; Euros: 12,000; When: May\n\nIn a group."),
        ),
    )


def test_the_title_is_that_of_the_properties_unless_a_program_made_it_up() -> None:
    slides = (shape("Start", role="title"), shape("More", role="title") + shape("Text.", "More text."))
    assert extract(pptx(*slides, parts=properties("Strategy")), "pptx").title == "Strategy"
    assert extract(pptx(*slides, parts=properties("PowerPoint Presentation")), "pptx").title == "Start"


def test_an_equation_is_text_in_its_paragraph() -> None:
    math = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    base, script = (f"<m:{name}><m:r><m:t>{text}</m:t></m:r></m:{name}>" for name, text in (("e", "c"), ("sup", "2")))
    power = f"<m:oMath {math}><m:sSup>{base}{script}</m:sSup></m:oMath>"
    later = 'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"'
    said = shape("So E=m").replace("</a:p>", f"<a14:m {later}>{power}</a14:m></a:p>")
    assert extract(pptx(said), "pptx").sections == (Section((), "So E=mc^2"),)
