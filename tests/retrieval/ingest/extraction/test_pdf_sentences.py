"""PDF files: sentences over lines, cells and raised numbers; titles that people gave."""

import pytest

from services.errors import ChatmountError
from tests.each import for_each
from tests.retrieval.ingest.extraction.extracted import document, page, sections
from tests.retrieval.ingest.extraction.pdf_files import Text, paragraph, pdf

WIDTHS = {"i": 222, "l": 222, "j": 222, "t": 278, "f": 278, " ": 278, ",": 278, ".": 278, "/": 278, "r": 333, "m": 833}
CAPITALS = {"T": 611, "I": 278, "C": 722}


def stringwidth(text: str) -> float:
    """In Helvetica, 11 points."""
    narrow = {"c": 500, "k": 500, "s": 500, "v": 500, "y": 500}
    return sum((WIDTHS | CAPITALS | narrow).get(character, 556) for character in text) * 11 / 1000


FULL = "This line goes all the way to the right edge of its column and then"


def texts(*pages: list[Text], picture: bool = False) -> list[str]:
    return [section.text for section in sections(pdf(*pages, picture=picture), "pdf")]


def row(down: float, *cells: str, lefts: tuple[float, ...] = (72, 170, 400)) -> list[Text]:
    return [Text(cell, down, left) for cell, left in zip(cells, lefts, strict=False) if cell]


def test_what_a_term_means_goes_on_below_beside_it() -> None:
    page = [
        *row(80, "HEAT", "How hot the oven gets, which is a whole number between"),
        *row(94, "", "90 and 250. Another one is"),
        *row(108, "", "refused at the start."),
        *row(128, "DOORS", "How many doors it has."),
        *row(148, "TIME", "When it is turned on, as hours and minutes between"),
        *row(162, "", "5. and 6. of the clock."),
    ]
    assert texts(page) == [
        "HEAT: How hot the oven gets, which is a whole number between 90 and 250. Another one is refused at the start."
        "\nDOORS: How many doors it has.\n"
        "TIME: When it is turned on, as hours and minutes between 5. and 6. of the clock."
    ]
    wrapped = [
        *row(80, "Waiting", "How long a loaf rests before"),
        *row(94, "time", "it is baked."),
        *row(120, "Heat", "Any."),
    ]
    assert texts(wrapped) == ["Waiting time: How long a loaf rests before it is baked.\nHeat: Any."]
    commands = [*row(80, "init", "makes the dough"), *row(94, "bake", "lights the oven")]
    assert texts(commands) == ["init: makes the dough\nbake: lights the oven"]


def test_cells_of_a_table_go_on_below_in_their_columns() -> None:
    page = [
        *row(80, "Loaf", "Made of", "Price"),
        *row(100, "Rye", "rye, water and", "4 euros, and 5 on"),
        *row(112, "", "salt", "Sundays"),
        *row(132, "Wheat", "wheat", "3 euros"),
        *row(190, "", "Indented, far below."),
    ]
    assert texts(page) == [
        "Loaf: Rye; Made of: rye, water and salt; Price: 4 euros, and 5 on Sundays\n"
        "Loaf: Wheat; Made of: wheat; Price: 3 euros\n\nIndented, far below."
    ]


@for_each("begin", ["212. If the door", "7) if the door", "– so they say – the", "a. or b. whatever"])
def test_a_wrapped_line_is_no_item_of_a_list(begin: str) -> None:
    assert texts(paragraph([FULL, f"{begin} {FULL[:47]}", "it ends."], 80)) == [f"{FULL} {begin} {FULL[:47]} it ends."]


@for_each(
    "lines",
    [
        [f"1. {FULL}", f"2. {FULL}", f"3. {FULL}"],
        [FULL, f"1. {FULL}", f"2. {FULL}"],
        [f"{FULL[:-4]}:", "4. The fourth", "9. The ninth"],
        [f"- {FULL}", f"- {FULL}"],
        [f"a) {FULL}", f"b) {FULL}"],
        [f"{FULL}.", "12. After the end of a sentence"],
    ],
)
def test_a_list_is_a_list(lines: list[str]) -> None:
    assert texts(paragraph(lines, 80)) == ["\n".join(lines)]


def test_a_raised_number_is_left_out_of_a_sentence_unless_it_belongs_to_a_unit() -> None:
    page = [
        *paragraph([FULL, FULL, "the mill has ground 5,120"], 80),
        Text("1", 104, 199, size=6),
        Text("tons. A shop has 40 m", 108, 206),
        Text("2", 104, 313, size=6),
        Text("and H", 108, 320),
        Text("2", 110, 349.5, size=6),
        Text("O.", 108, 353),
        Text("rye", 140),
        Text("3", 136, 72 + 17.1, size=6),
        Text("and more of it", 140, 93),
        Text("3", 700, 72, size=6),
        Text("rough figures of those who weigh it at the mill", 703, 76, size=9),
    ]
    text = "\n".join(texts(page))
    assert "5,120 tons." in text
    assert "40 m2 and H2O." in text
    assert "rye and more" in text
    assert "3 rough figures" in text


@for_each(
    ("before", "raised", "behind", "text"),
    [
        ("The hall measures 250 m", "2", "and is", "The hall measures 250 m2 and is"),
        ("It measures 7 km", "2", ".", "It measures 7 km2."),
        ("It has 5 kg/m", "3", "of", "It has 5 kg/m3 of"),
        ("The mill has ground tons of rye", "1", ".", "The mill has ground tons of rye."),
        ("The mill has ground rye", "12", "and oat", "The mill has ground rye and oat"),
        ("It has ground rye,", "2", "and oat", "It has ground rye, and oat"),
        ("There are 10", "6", "grains", "There are 10 6 grains"),
        ("There is Ca", "2", "+ in it", "There is Ca2+ in it"),
    ],
)
@for_each("gap", [0.1, 2.5, 5.4])
def test_raised_numbers_are_told_by_what_stands_before_them(
    before: str, raised: str, behind: str, text: str, gap: float
) -> None:
    left = 72 + stringwidth(before) + gap
    next_left = left + 3.4 * len(raised) + (0.3 if behind[0] in ".+" else 3)
    page = [Text(before, 80), Text(raised, 76, left, size=6), Text(behind, 80, next_left)]
    assert texts(page)[0] == text


def title_of(title: str) -> str:
    body = [Text("Welcome", 80, size=24, font="bold"), *paragraph([FULL, "it ends."], 120)]
    content = pdf(body, title="TITLE").replace(b"(TITLE)", b"<feff%s>" % title.encode("utf-16-be").hex().encode())
    return document(content, "pdf").title


@for_each("title", page("titles_given.txt").splitlines())
def test_a_title_that_somebody_gave_stays(title: str) -> None:
    assert title_of(title) == title


@for_each("title", page("titles_made.txt").splitlines())
def test_a_title_that_a_program_wrote_is_none(title: str) -> None:
    assert title_of(title) == "Welcome"


@for_each(
    ("first", "title"),
    [
        ("1 Safety", ""),
        ("Chapter 1", ""),
        ("1 Oven, 2 Bakers", "1 Oven, 2 Bakers"),
        ("Every guest reads this page before the first day.", ""),
        ("Contents", ""),
        ("Rules of the house", "Rules of the house"),
    ],
)
def test_a_part_or_a_sentence_in_large_type_is_no_title(first: str, title: str) -> None:
    second = {"1 Safety": "2 Cleaning", "Chapter 1": "Chapter 2"}.get(first, "Cleaning")
    body = [line for down in (120, 320) for line in paragraph([FULL, "it ends."], down)]
    heads = [Text(text, down, size=24, font="bold") for text, down in ((first, 80), (second, 280))]
    assert document(pdf([heads[0], *body[:2], heads[1], *body[2:]]), "pdf").title == title


def test_arabic_is_read_from_the_right_with_its_ligatures_in_order() -> None:
    lines = ["mLs slam ml mLs masl salm", "lam mal G ml mLs masl sals", "2026 mLs"]
    # All lines end at the right edge, where they begin to be read.
    page = [Text(line, 80 + 14 * n, 200 if n < 2 else 276, font="arabic") for n, line in enumerate(lines)]
    assert texts(page) == ["ملاس لسام سلام لم مالس سلام سلاس لسام سلام لم الله لام مال سلام 2026"]


SHAPES = [Text("The hall of the bakery opens at nine", 80 + 14 * line, font="shapes") for line in range(20)]


@for_each(
    ("page", "picture"),
    [
        (SHAPES, False),
        ([*SHAPES, Text("2021 3 31", 400), Text("1. 2. 3 4,5 6 and so", 420)], True),
        ([Text("2021 3 31, 17 18-20, 3.5 %", 80), Text("l 0 1. 2. 3 4,5 6", 100)], True),
    ],
)
def test_a_scan_of_which_only_numbers_are_left_is_refused(page: list[Text], picture: bool) -> None:
    with pytest.raises(ChatmountError, match="text recognition"):
        texts(page, picture=picture)


def test_numbers_beside_a_picture_are_read_where_words_say_what_they_are() -> None:
    said = "Rye 4.20, wheat 3.10, spelt 5.30, 12 for 40.00"
    assert texts([Text(said, 80)], picture=True) == [said]
    assert texts([Text("2021 3 31, 17 18-20, 3.5 %", 80)]) == ["2021 3 31, 17 18-20, 3.5 %"]


def test_a_page_of_shapes_adds_nothing_to_the_others() -> None:
    assert texts([*SHAPES, Text("17 18-20", 400)], [Text("Open from nine.", 80)]) == ["Open from nine."]
