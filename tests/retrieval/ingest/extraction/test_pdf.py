"""PDF files: what their type says, and what is refused."""

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.by_kind import extract
from services.retrieval.ingest.extraction.document import Document, Section
from tests.each import for_each
from tests.retrieval.ingest.extraction.pdf_files import Text, encrypted, paragraph, pdf

FULL = "This line goes all the way to the right edge of its column and then"
REST = "it ends early."


def read(content: bytes) -> Document:
    return extract(content, "pdf")


def texts(*pages: list[Text]) -> list[str]:
    return [section.text for section in read(pdf(*pages)).sections]


def heading(text: str, down: float, size: float = 16) -> Text:
    return Text(text, down, size=size, font="bold")


def test_headings_are_told_by_their_type() -> None:
    page = [
        heading("Staff handbook", 80, size=24),
        heading("Holidays", 120),
        *paragraph([FULL, REST], 150),
        Text("Carrying days over", 200, font="bold"),
        *paragraph([FULL, REST], 220),
        heading("Sick leave", 280),
        *paragraph([FULL, REST], 310),
    ]
    body = f"{FULL} {REST}"
    assert read(pdf(page)) == Document(
        "Staff handbook",
        (
            Section(("Holidays",), body),
            Section(("Holidays", "Carrying days over"), body),
            Section(("Sick leave",), body),
        ),
    )


LEFT = ["The first column is so", "wide, and says at its", "end that it goes on in"]
RIGHT = ["the second, which then", "has an end."]
CUT = ["Our well-known handbook has infor-", "mation on all that is well-", "known, and on X-", "Rays,", REST]
ADDRESS = ["Example Ltd", "1 High Street", "London"]
BULLETS = ["• Bring your badge", "• Lock the door, and set the alarm when you are the", "last one to leave"]
TABLE = [
    Text(cell, 160 + 16 * row, 72 + 150 * column)
    for row, cells in enumerate((("Room", "Seats", "Price"), ("Alpha", "8", "free"), ("Beta", "20", "30 EUR")))
    for column, cell in enumerate(cells)
]


@for_each(
    ("page", "text"),
    [
        (
            [*paragraph([FULL, FULL, REST], 80), *paragraph([FULL, REST], 140)],
            f"{FULL} {FULL} {REST}\n\n{FULL} {REST}",
        ),
        (paragraph([FULL, FULL, REST], 80, leading=24), f"{FULL} {FULL} {REST}"),
        (
            paragraph(CUT, 80),
            f"Our well-known handbook has information on all that is well-known, and on X-Rays, {REST}",
        ),
        (
            paragraph([f"{FULL} has infor-", "mation.", f"{FULL} goes on, at once,", REST], 80),
            f"{FULL} has information.\n{FULL} goes on, at once, {REST}",
        ),
        ([*paragraph(ADDRESS, 80), *paragraph([FULL, REST], 160)], "\n".join(ADDRESS) + f"\n\n{FULL} {REST}"),
        ([*paragraph(LEFT, 80), *paragraph(RIGHT, 80, left=320)], " ".join(LEFT + RIGHT)),
        (
            [*paragraph(BULLETS, 80), *TABLE],
            "- Bring your badge\n- Lock the door, and set the alarm when you are the last one to leave\n\n"
            "Room: Alpha; Seats: 8; Price: free\nRoom: Beta; Seats: 20; Price: 30 EUR",
        ),
    ],
)
def test_lines_are_put_together_again(page: list[Text], text: str) -> None:
    assert texts(page) == [text]


def test_a_paragraph_goes_on_over_a_page_and_headers_and_footers_are_left_out() -> None:
    words = ("apples", "bread", "cheese", "dates", "eggs")
    pages = [
        [
            Text(f"Staff handbook, part {number // 2 + 1}", 40, size=9),
            *paragraph([f"{FULL} {word}", f"{word} {FULL}", f"{FULL} {word}", f"{word} {FULL}"], 80),
            Text(f"Confidential – {number}", 800, size=9),
            Text(str(number), 815, size=9),
        ]
        for number, word in enumerate(words)
    ]
    assert texts(*pages) == [" ".join(line.text for page in pages for line in page[1:5])]


def test_the_first_lines_of_pages_are_kept_where_a_few_of_them_are_alike() -> None:
    first = ["Prices"] * 4 + ["Rooms here.", "Meals here.", "Tours here.", "Beds here.", "Bikes here."]
    pages = [[Text(said, 60), Text(f"All about {said} {'abcdefghi'[number]}", 90)] for number, said in enumerate(first)]
    assert "\n".join(texts(*pages)).count("here.\n") == 5
    assert "\n".join(texts(*pages[:2])).count("Prices\n") == 2


def test_page_numbers_are_left_out_and_other_numbers_are_not() -> None:
    pages = [
        [Text("The code is", 60), Text("1234", 90), Text("Keep it.", 120), Text(last, 800)] for last in ("i", "- 2 -")
    ]
    assert "\n".join(texts(*pages)).split() == ["The", "code", "is", "1234", "Keep", "it."] * 2


def test_a_file_of_pages_that_are_all_alike_is_not_taken_for_headers_alone() -> None:
    assert texts(*([Text("Closed on Mondays.", 60)] for _ in range(4))) == [" ".join(["Closed on Mondays."] * 4)]


@for_each("rotation", [0, 90, 180, 270])
def test_a_turned_page_is_read_as_it_is_looked_at(rotation: int) -> None:
    page = [heading("Rooms", 80), *paragraph([FULL, REST], 120), *paragraph([REST], 160)]
    assert read(pdf(page, rotation=rotation)) == Document("Rooms", (Section((), f"{FULL} {REST}\n\n{REST}"),))


def test_a_scan_with_its_recognised_text_is_read() -> None:
    scan = pdf([Text("Opening hours are from nine to five.", 80)], picture=True)
    assert read(scan).sections == (Section((), "Opening hours are from nine to five."),)


WHOLE = pdf(*[paragraph([FULL] * 40, 80)] * 5)


@for_each(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"<html>Not found</html>", "no PDF"),
        (b"PK\x03\x04" + b"x" * 2000, "no PDF"),
        (encrypted(), "encrypted: remove its password"),
        (pdf([], picture=True), "text recognition"),
        (pdf([Text("p. 1", 800)], [Text("p. 2", 800)], picture=True), "text recognition"),
        (pdf([]), "no text"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 20, "broken"),
        (WHOLE[: len(WHOLE) // 2], "broken"),
        (WHOLE.replace(b"/Type /Page /Parent", b"/Type /Gone /Gone42"), "broken|no text"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_for_what_it_is(content: bytes, said: str) -> None:
    with pytest.raises(ChatmountError, match=said) as caught:
        read(content)
    assert "\n" not in caught.value.text
