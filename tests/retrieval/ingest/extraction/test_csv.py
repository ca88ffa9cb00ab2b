"""Tables as text: a row is a line that names its columns."""

import pytest

from services.errors import ChatmountError
from tests.each import for_each
from tests.retrieval.ingest.extraction.extracted import text_of


@for_each("delimiter", [",", ";", "\t", "|"])
def test_rows_name_their_columns(delimiter: str) -> None:
    rows = [["question", "answer"], ["Do you ship?", '"Yes. Everywhere."'], ["Price", ""]]
    table = "\n".join(delimiter.join(row) for row in rows)
    assert text_of(table, "csv") == "question: Do you ship?; answer: Yes. Everywhere.\nquestion: Price"


@for_each(
    ("table", "text"),
    [
        ('name,text\nA,"two\nlines"\nB,x,extra\n,\n', "name: A; text: two lines\nname: B; text: x; extra"),
        ("just,one,row", "just; one; row"),
        # What spreadsheets write above a table is not its first row.
        (
            "Prices 2026,,\n,,\nItem,Price,Unit\nBolt,1.20,piece\n",
            "Prices 2026\n\nItem: Bolt; Price: 1.20; Unit: piece",
        ),
        ("sep=;\r\nName;Price, each\r\nBike;10\r\n", "Name: Bike; Price, each: 10"),
        ("Name\nAnna\nBob\n", "Name: Anna\nName: Bob"),
        # The delimiter is the one that stands in all rows.
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
def test_tables_are_read_as_spreadsheets_write_them(table: str, text: str) -> None:
    assert text_of(table, "csv") == text


def test_a_table_with_tabs_is_read_whatever_else_is_in_its_cells() -> None:
    table = 'Task\tPoints\nSweep, rake; and water\t31\nFeed the 12" geese\t44\n'
    text = 'Task: Sweep, rake; and water; Points: 31\nTask: Feed the 12" geese; Points: 44'
    assert text_of(table, "tsv") == text


def test_a_quotation_mark_that_is_never_closed_is_looked_for_by_its_line() -> None:
    with pytest.raises(ChatmountError, match="line 4, or"):
        text_of('a,b\n1,2\n"never,3\n4,5\n', "csv")


def test_a_cell_may_hold_a_whole_article() -> None:
    assert len(text_of('id,text\n1,"' + "many words " * 20_000 + '"\n', "csv")) > 200_000
