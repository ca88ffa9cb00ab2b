"""Plain text and CSV, encodings, and which kind a file is of."""

import pytest

from services.errors import ChatmountError
from services.file_kinds import FILE_KINDS
from services.retrieval.ingest.extraction.document import Document, Section
from services.retrieval.ingest.reading import extract

LONG = "This line is long enough to be a paragraph, and it ends with a full stop."


def plain(text: str) -> tuple[Section, ...]:
    return extract(text.encode(), "plain").sections


def test_lines_that_look_like_headings_are_headings() -> None:
    text = (
        f"Intro that ends.\n\nHow do I apply?\n{LONG}\n\nFees\n\nThere are none.\n\nContact us\n----------\nBy letter."
    )
    assert plain(text) == (
        Section((), "Intro that ends."),
        Section(("How do I apply?",), LONG),
        Section(("Fees",), "There are none."),
        Section(("Contact us",), "By letter."),
    )


def test_a_heading_above_another_stays_above_it() -> None:
    assert plain(f"Guides\n\nFor guests\n{LONG}") == (Section(("Guides", "For guests"), LONG),)


@pytest.mark.parametrize(
    "text",
    [
        "Mr Smith\n1 High Street\nLondon",
        "- one\n- two\n- three",
        "milk\neggs\nflour",
        "Ends with a stop.",
        "1. a\n2. b",
    ],
)
def test_what_only_looks_short_is_text(text: str) -> None:
    assert plain(text) == (Section((), text),)


def test_hard_wrapped_lines_are_joined_and_lists_are_not() -> None:
    text = (
        "The quick brown fox jumps over the lazy dog while the sun\n"
        "shines on the fields and everybody is glad of it today and\n"
        "tomorrow.\n- first item of the list\n- second item"
    )
    assert plain(text)[0].text == (
        "The quick brown fox jumps over the lazy dog while the sun shines on the fields and everybody is glad of it "
        "today and tomorrow.\n- first item of the list\n- second item"
    )


def test_indented_lines_are_code() -> None:
    assert plain("Run this:\n\n    make run\n\tmake test")[0].text == "Run this:\n\n    make run\n    make test"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_the_same(newline: str) -> None:
    assert plain(f"One.{newline}{newline}Two.")[0].text == "One.\n\nTwo."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"])
def test_usual_encodings_are_read(encoding: str) -> None:
    assert extract("Café für alle.".encode(encoding), "plain").sections[0].text == "Café für alle."


def test_stray_control_characters_go() -> None:
    assert plain("Form feed\x0cand bell\x07 in a text that is otherwise " + "clean " * 30)[0].text.startswith(
        "Form feed and bell in"
    )


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x03" * 50, b"\x89PNG\r\n\x1a\n" + bytes(200), b"\xff\xfe\x00"])
def test_binary_files_are_refused(content: bytes) -> None:
    with pytest.raises(ChatmountError):
        extract(content, "plain")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_rows_of_csv_name_their_columns(delimiter: str) -> None:
    rows = [["question", "answer"], ["Do you ship?", '"Yes. Everywhere."'], ["Price", ""]]
    text = "\n".join(delimiter.join(row) for row in rows)
    assert extract(text.encode(), "csv") == Document(
        "", (Section((), "question: Do you ship?; answer: Yes. Everywhere.\nquestion: Price"),)
    )


def test_quoted_cells_may_hold_lines_and_rows_may_be_uneven() -> None:
    text = 'name,text\nA,"two\nlines"\nB,x,extra\n,\n'
    assert extract(text.encode(), "csv").sections[0].text == "name: A; text: two lines\nname: B; text: x; extra"


def test_a_single_row_is_its_own_content() -> None:
    assert extract(b"just,one,row", "csv").sections[0].text == "just; one; row"


@pytest.mark.parametrize("kind", FILE_KINDS)
@pytest.mark.parametrize("content", [b"", b"  \n\t ", b"\xef\xbb\xbf"])
def test_files_without_text_are_refused(kind: str, content: bytes) -> None:
    with pytest.raises(ChatmountError):
        extract(content, kind)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            b"Prices 2026,,\n,,\nItem,Price,Unit\nBolt,1.20,piece\n",
            "Prices 2026\n\nItem: Bolt; Price: 1.20; Unit: piece",
        ),
        (b"sep=;\r\nName;Price, each\r\nBike;10\r\n", "Name: Bike; Price, each: 10"),
        (b"Name\nAnna\nBob\n", "Name: Anna\nName: Bob"),
    ],
)
def test_what_spreadsheets_write_above_a_table_is_not_its_first_row(content: bytes, text: str) -> None:
    assert extract(content, "csv").sections == (Section((), text),)


def test_a_quotation_mark_that_is_never_closed_is_looked_for_by_its_line() -> None:
    with pytest.raises(ChatmountError, match="line 4, or"):
        extract(b'a,b\n1,2\n"never,3\n4,5\n', "csv")


def test_a_cell_may_hold_a_whole_article() -> None:
    (section,) = extract(b'id,text\n1,"' + b"many words " * 20_000 + b'"\n', "csv").sections
    assert len(section.text) > 200_000


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("a;b\n1,5;2,5", "a: 1,5; b: 2,5"),
        ("Preis, netto;Menge\n1,5;2", "Preis, netto: 1,5; Menge: 2"),
        ("Q\tA\nWhere, when?\tHere, there", "Q: Where, when?; A: Here, there"),
        ("a\tb\tc\n2\t3,4\n5\t6,7", "a: 2; b: 3,4\na: 5; b: 6,7"),
        ('tags,n\n"a;b;c",1\n"d;e;f",2', "tags: a;b;c; n: 1\ntags: d;e;f; n: 2"),
        ('x;y\n"1, ""2"", 3";4', 'x: 1, "2", 3; y: 4'),
        ('x,y\n"a\nb;c",4', "x: a b;c; y: 4"),
        ('a, "b, c", d\n1, 2, 3', "a: 1; b, c: 2; d: 3"),
        ("'a','b, c'\n'1','2'", "a: 1; b, c: 2"),
        ("l'eau,l'air\nc'est,d'or", "l'eau: c'est; l'air: d'or"),
        ('name|size\npipe|5"\nrod|6", long', 'name: pipe; size: 5"\nname: rod; size: 6", long'),
        ("n;t\n1;a,b,c,d\n2;e\n3;f,g", "n: 1; t: a,b,c,d\nn: 2; t: e\nn: 3; t: f,g"),
    ],
)
def test_the_delimiter_is_the_one_that_stands_in_all_rows(table: str, row: str) -> None:
    assert extract(table.encode(), "csv").sections[0].text == row


def test_a_table_with_tabs_is_read_whatever_else_is_in_its_cells() -> None:
    text = 'Task\tPoints\nSweep, rake; and water\t31\nFeed the 12" geese\t44\n'
    assert extract(text.encode(), "tsv").sections[0].text == (
        'Task: Sweep, rake; and water; Points: 31\nTask: Feed the 12" geese; Points: 44'
    )
