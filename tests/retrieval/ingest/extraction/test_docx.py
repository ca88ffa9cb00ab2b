"""Word files: their structure, and what is refused."""

import io
from zipfile import ZipFile

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction import package
from services.retrieval.ingest.extraction.by_kind import extract
from services.retrieval.ingest.extraction.document import Document, Section
from tests.each import for_each
from tests.retrieval.ingest.extraction.docx_files import WORD, docx, packed, paragraph, relations, run, table

DOCTYPE = "<!DOCTYPE x [{}]>"
ENTITY = paragraph("<w:r><w:t>&z;</w:t></w:r>")
LAUGHS = "".join(
    f'<!ENTITY {name} "{inner * 20}">'
    for name, inner in zip("abcdefz", ("ha" * 5000, *(f"&{n};" for n in "abcdef")), strict=True)
)


def read(content: bytes) -> Document:
    return extract(content, "docx")


def test_headings_lists_and_tables_become_text() -> None:
    content = docx(
        paragraph("Staff handbook", "Title"),
        paragraph("Holidays … 3", "Verzeichnis1"),
        paragraph("Holidays", "berschrift1"),
        paragraph("Everybody has 30 days."),
        paragraph("Ask first", numbering=0),
        paragraph("Then book", numbering=0),
        paragraph("Carrying over", "berschrift2"),
        table([["Year", "Days", "Until"], ["2026", "5", "March"], ["2027", "3", "May"]]),
        paragraph("Sick leave", "berschrift1"),
        paragraph("Call us", numbering=1),
        paragraph("Rest & recover", numbering=1),
        title="template_2019",
    )
    assert read(content) == Document(
        "Staff handbook",
        (
            Section(("Holidays",), "Everybody has 30 days.\n\n- Ask first\n- Then book"),
            Section(
                ("Holidays", "Carrying over"),
                "Year: 2026; Days: 5; Until: March\nYear: 2027; Days: 3; Until: May",
            ),
            Section(("Sick leave",), "1. Call us\n2. Rest & recover"),
        ),
    )


def test_the_title_is_that_of_the_properties_or_the_only_heading_at_the_top() -> None:
    body = paragraph("Text.")
    assert read(docx(body, title="Price list")).title == "Price list"
    assert read(docx(body, title="Microsoft Word - x.doc")).title == ""
    assert read(docx(paragraph("Prices", "berschrift1"), body, title="Template")) == Document(
        "Prices", (Section((), "Text."),)
    )
    two = docx(*(paragraph(one, "berschrift1") + body for one in ("A", "B")), title="Both")
    assert read(two) == Document("Both", (Section(("A",), "Text."), Section(("B",), "Text.")))


def test_what_was_deleted_hidden_in_fields_or_named_by_bookmarks_changes_nothing() -> None:
    kept = '<w:bookmarkStart w:id="0" w:name="footer"/>' + run("Kept.") + '<w:bookmarkEnd w:id="0"/>'
    gone = '<w:del w:id="1" w:author="A"><w:r><w:delText>Gone.</w:delText></w:r></w:del>'
    field = '<w:r><w:instrText>HYPERLINK "file:///etc/passwd"</w:instrText></w:r>'
    assert read(docx(paragraph(kept + gone + field))).sections == (Section((), "Kept."),)


def test_notes_stand_at_the_end_without_their_marks() -> None:
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    note = f'<w:footnote w:id="2">{paragraph("Not on holidays.")}</w:footnote>'
    content = docx(
        paragraph(run("We open at nine") + mark + run(".")),
        parts={"word/footnotes.xml": f"<w:footnotes {WORD}>{note}</w:footnotes>"},
    )
    assert read(content).sections == (Section((), "We open at nine.\n\n1. Not on holidays."),)


def test_nothing_outside_of_the_file_is_read() -> None:
    content = docx(paragraph("Text."), ENTITY, prologue=DOCTYPE.format('<!ENTITY z SYSTEM "file:///etc/passwd">'))
    assert read(content).sections == (Section((), "Text."),)


WHOLE = docx(*(paragraph(f"Paragraph {number} of many.") for number in range(500)))


@for_each(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"plain text", "no Word file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "encrypted, or in the old .doc format"),
        (docx(), "no text"),
        (WHOLE[: len(WHOLE) // 2], "broken"),
        (packed({"xl/workbook.xml": "<workbook/>"}), "broken"),
        (docx("<w:p><w:r>"), "broken"),
        (docx("<w:r>" * 5000 + "</w:r>" * 5000), "broken"),
        (docx(ENTITY, prologue=DOCTYPE.format(LAUGHS)), "broken"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_for_what_it_is(content: bytes, said: str) -> None:
    with pytest.raises(ChatmountError, match=said) as caught:
        read(content)
    assert "\n" not in caught.value.text


def test_a_file_that_unpacks_to_too_much_is_refused() -> None:
    large = {"word/more.xml": bytes(package.MAXIMUM_PARTS_BYTES)}
    many = {f"customXml/{number}.xml": b"" for number in range(10_000)}
    for parts in (large, many):
        with pytest.raises(ChatmountError, match="unpacks to more"):
            read(docx(paragraph("x"), parts=parts))


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> int:
    limit = 20_000
    monkeypatch.setattr(package, "MAXIMUM_PARTS_BYTES", limit)
    return limit


@for_each(
    "main", ["word/media/image1.png", "/word/media/document.xml", "Word/Media/document.xml", "media/document.xml", "a"]
)
@for_each("before", ["", "\ufeff", " " * 100])
def test_the_text_counts_wherever_it_lies(main: str, before: str, small_limit: int) -> None:
    assert read(docx(paragraph("Text."), main=main)).sections == (Section((), "Text."),)
    with pytest.raises(ChatmountError, match="unpacks to more"):
        read(docx(paragraph("x" * small_limit), main=main, prologue=before))


@for_each("kind", ["footnotes", "styles"])
def test_parts_beside_the_text_count_as_well(kind: str, small_limit: int) -> None:
    named = relations(("officeDocument", "word/document.xml"), (kind, "media/image1.png"))
    parts = {"word/_rels/document.xml.rels": named, "word/media/image1.png": paragraph("x" * small_limit)}
    with pytest.raises(ChatmountError, match="unpacks to more"):
        read(docx(paragraph("x"), parts=parts))


def test_pictures_of_any_size_do_not_count(small_limit: int) -> None:
    content = docx(paragraph("Text."), parts={"word/media/image1.jpeg": b"\xff\xd8\xff\xe0" + bytes(small_limit)})
    assert read(content).sections == (Section((), "Text."),)


def test_a_part_is_read_no_further_than_the_size_it_says(small_limit: int) -> None:
    long = docx(paragraph("x" * small_limit), main="word/media/document.xml")
    with ZipFile(io.BytesIO(long)) as archive:
        size = archive.getinfo("word/media/document.xml").file_size
    lie = long.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lie != long
    with pytest.raises(ChatmountError, match="broken"):
        read(lie)
