"""Workbooks: tables as they are shown, sheet by sheet."""

import pytest

from services.retrieval.ingest.extraction.by_kind import extract
from services.retrieval.ingest.extraction.document import Document, Section
from services.retrieval.ingest.extraction.number_formats import shown
from tests.each import for_each
from tests.retrieval.ingest.extraction.office_files import cell, properties, rows, xlsx


def read(content: bytes) -> Document:
    return extract(content, "xlsx")


def test_sheets_are_sections_and_rows_name_their_columns_as_they_are_shown() -> None:
    prices = rows(["Prices of 2026"], ["Product", "Price", "Tax", "Since"], start=1) + (
        f'<row r="3"><c r="A3" t="s"><v>0</v></c>{cell("B3", 1234.5, 1)}{cell("C3", 0.19, 2)}'
        f"{cell('D3', 46082, 3)}</row>"
    )
    hours = rows(["Monday", "9–17"], ["Sunday", "closed"])
    secret = rows(["Margin", "High"])
    content = xlsx(
        ("Sheet1", prices), ("Hours", hours), ("Inner", secret), states=["visible", "visible", "hidden"],
        parts=properties("Example Ltd"),
    )  # fmt: skip
    line = "Product: Shared; Price: 1,234.50 €; Tax: 19%; Since: 01.03.2026"
    assert read(content) == Document(
        "Example Ltd", (Section((), f"Prices of 2026\n\n{line}"), Section(("Hours",), "Monday: 9–17\nSunday: closed"))
    )


def test_merged_cells_speak_of_all_their_rows_and_stand_above_their_columns() -> None:
    data = rows(
        ["Region", "2025", None, "2026"],
        [None, "Q1", "Q2", "Q1"],
        ["North", 1, 2, 3],
        [None, 4, 5, 6],
        ["South", 7, 8, 9],
    )
    merges = "".join(f'<mergeCell ref="{one}"/>' for one in ("A1:A2", "B1:C1", "A3:A4", "A1:XFD1048576"))
    assert read(xlsx(("Sales", data), after=f"<mergeCells>{merges}</mergeCells>")).sections[0].text.split("\n") == [
        "Region: North; 2025 Q1: 1; 2025 Q2: 2; 2026 Q1: 3",
        "Region: North; 2025 Q1: 4; 2025 Q2: 5; 2026 Q1: 6",
        "Region: South; 2025 Q1: 7; 2025 Q2: 8; 2026 Q1: 9",
    ]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (rows(["Item", "Euros"], ["Tea", 2]), "Item: Tea; Euros: 2"),
        (rows(["Tea", "Hot"], ["Ice", "Cold"]), "Tea: Hot\nIce: Cold"),
        # Another table below, a note between; a blank row alone ends no table.
        (
            rows(["A", "B", "C"], ["a", 1, 2], [], ["b", 3, 4], [], ["A note"], ["D", "E"], ["d", 5]),
            "A: a; B: 1; C: 2\n\nA: b; B: 3; C: 4\n\nA note\n\nD: d; E: 5",
        ),
        # Formulas have their last results, errors and formulas without one are empty.
        (rows(["A", "B", "C"], ["x", "=1+1", 3]) + '<row r="9"><c r="A9" t="e"><v>#N/A</v></c></row>', "A: x; C: 3"),
        ('<row r="1"><c r="A1" t="b"><v>1</v></c></row>', "TRUE"),
        (rows(["Shown"]) + '<row r="2" hidden="1"><c r="A2"><v>7</v></c></row>', "Shown"),
        # Cells and rows need not say where they are.
        ('<row><c t="inlineStr"><is><t>a</t></is></c><c><v>1.50</v></c></row>', "a: 1.5"),
    ],
    ids=range(7),
)
def test_tables_of_a_sheet(data: str, text: str) -> None:
    assert read(xlsx(("Sheet1", data))).sections == (Section((), text),)


def test_a_head_that_looks_otherwise_than_its_rows_is_one() -> None:
    bold = f'<row r="1">{cell("A1", "Question", 4)}{cell("B1", "Answer", 4)}</row>'
    content = xlsx(("Sheet1", bold + rows(["Open?", "Yes"], start=2)))
    assert read(content).sections == (Section((), "Question: Open?; Answer: Yes"),)


@for_each(
    ("value", "code", "text"),
    [
        (0.1 + 0.2, "General", "0.3"),
        (1e20, "", "1e+20"),
        (-3, "0.00", "-3.00"),
        (0.075, "0.0%", "7.5%"),
        (-1234.5, "#,##0.00;[Red](#,##0.00)", "(1,234.50)"),
        (5, '"No. "0000', "No. 0005"),
        (0, '0;-0;"none"', "none"),
        (1234567, '0.0,,"M"', "1.2M"),
        (1.5, "0.0##", "1.5"),
        (2, "0.##", "2"),
        (0.5, "# ?/?", "0.5"),
        (12000, "0.00E+00", "1.20E+04"),
        (49.9, "[$€-407] #,##0.00", "€ 49.90"),
        (49.9, '_-* #,##0.00\\ "€"_-', "49.90 €"),
        (-0.001, "0.00", "0.00"),
        (46082, "d mmm yyyy", "1 Mar 2026"),
        (46082, "[$-407]d. mmmm yyyy", "2026-03-01"),
        (46082.5, "m/d/yy h:mm AM/PM", "3/1/26 12:00 PM"),
        (1.25, "[h]:mm", "30:00"),
        (0.75, "hh:mm:ss", "18:00:00"),
        (0.5, "mm:ss", "00:00"),
        (1e12, "yyyy", "1000000000000"),
        (7, "0" * 300, "7"),
        (3, "@", "3"),
        (-1, "yyyy-mm-dd", "1899-12-29"),
    ],
)
def test_numbers_are_those_that_are_shown(value: float, code: str, text: str) -> None:
    assert shown(value, code) == text


def test_days_may_be_counted_from_1904() -> None:
    assert shown(0, "yyyy-mm-dd", from_1904=True) == "1904-01-01"
