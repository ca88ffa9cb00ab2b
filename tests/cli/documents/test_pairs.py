"""Tables of questions and answers, as spreadsheets write them."""

from pathlib import Path

import pytest

from services.cli.documents.pairs import NoTable, Pair, WrongRow, read_pairs
from tests.each import for_each

EXPECTED = [
    Pair(2, "Wo?", "Hier; überall.", "https://example.com/wo", "Ort"),
    Pair(3, "Wer?", "Wir, natürlich.", "", ""),
]
COMMAS = 'Question , ANSWER,url,Title\nWo?,Hier; überall.,https://example.com/wo,Ort\nWer?,"Wir, natürlich.",,\n'
SEMICOLONS = COMMAS.replace("Hier; überall.", '"Hier_ überall."').replace('"Wir, natürlich."', "Wir_ natürlich.")
SEMICOLONS = SEMICOLONS.replace(",", ";").replace("Hier_", "Hier;").replace("Wir_", "Wir,")
TABS = SEMICOLONS.replace('"Hier; überall."', "Hier_ überall.").replace(";", "\t").replace("Hier_", "Hier;")


def rows(tmp_path: Path, content: str | bytes) -> list[Pair | WrongRow]:
    file = tmp_path / "pairs.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_pairs(file)


@for_each(
    "content",
    [
        COMMAS,
        "\ufeff" + COMMAS,
        COMMAS.replace("\n", "\r\n"),
        COMMAS.replace("\n", "\n,,,\n\n").removesuffix("\n,,,\n\n"),
        SEMICOLONS,
        "\ufeff" + SEMICOLONS.replace("\n", "\r\n"),
        "sep=;\n" + SEMICOLONS,
        TABS,
        ("\ufeff" + TABS).encode("utf-16-le"),
    ],
)
def test_every_way_of_writing_a_table_gives_the_same_pairs(tmp_path: Path, content: str | bytes) -> None:
    found = [one for one in rows(tmp_path, content) if isinstance(one, Pair)]
    assert [(one.question, one.reply) for one in found] == [(one.question, one.reply) for one in EXPECTED]


def test_columns_stand_in_any_order_and_others_are_passed_over(tmp_path: Path) -> None:
    assert rows(tmp_path, "id,answer,question\n1,Here.,Where?\n") == [Pair(2, "Where?", "Here.", "", "")]


def test_rows_are_known_by_the_line_in_which_they_begin(tmp_path: Path) -> None:
    content = 'question,answer\n"Two\nlines?","Yes,\nand no."\n\nWhere?,Here.\n'
    assert rows(tmp_path, content) == [
        Pair(2, "Two\nlines?", "Yes,\nand no.", "", ""),
        Pair(6, "Where?", "Here.", "", ""),
    ]
    assert rows(tmp_path, "sep=,\r\nquestion,answer\r\nWhere?,Here.\r\n") == [Pair(3, "Where?", "Here.", "", "")]


def test_a_wrong_row_does_not_stop_the_others(tmp_path: Path) -> None:
    content = 'question,answer\nWho?,We, of course.\nWhen?,"Now" or never\nWhere?,Here.\nWhy?,"Because\nof this.\n'
    first, second, third, fourth = rows(tmp_path, content)
    assert isinstance(first, WrongRow)
    assert isinstance(second, WrongRow)
    assert isinstance(fourth, WrongRow)
    assert [one.line for one in (first, second, fourth)] == [2, 3, 5]
    assert "more cells than there are columns" in first.reason
    assert third == Pair(4, "Where?", "Here.", "", "")
    assert "never closed" in fourth.reason


def test_one_question_with_two_answers_is_not_decided_by_chance(tmp_path: Path) -> None:
    content = "question,answer\nWhere?,Here.\n where,There.\nWhere?,Here.\n"
    first, second, third = rows(tmp_path, content)
    assert isinstance(first, Pair)
    assert second == WrongRow(3, "asks the same question as line 2 and answers it otherwise")
    assert isinstance(third, Pair)


@for_each(
    ("content", "said"),
    [
        ("", "must name the columns"),
        ("q,a\nx,y\n", "must name the columns"),
        ("question\nx\n", "must name the columns"),
        ("question,answer,Answer\nx,y,z\n", "answer is there twice"),
        ('"question,answer\nx,y\n', "must name the columns"),
        ("question,answer\nWarum?,Für dich.\n".encode("cp1252"), "CSV UTF-8"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(NoTable, match=said):
        rows(tmp_path, content)
