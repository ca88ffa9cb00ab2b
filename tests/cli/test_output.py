"""What commands print can't steer the terminal, and stays readable."""

import contextlib
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chatmount.chat.v1 import chat_pb2

from services.cli.output import output
from services.cli.output.turn_files import write_turns
from tests.cli.command_line import CommandLine
from tests.each import for_each

CONTROLS = "\x00\x07\x08\x1b\x7f\x9b\u202e\u2066\u200b\ufeff\u00ad\ue000\U000e0041\ud800"
UNSEEN = "\r\u2028\u200d\u3164\N{NO-BREAK SPACE}"
READABLE = "Grüße, 日本語, مرحبا 🚲 “”"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown_json(value: object) -> str:
    with contextlib.redirect_stdout(Terminal()) as terminal:
        output.print_json(value)
    return terminal.getvalue()


def shown(text: str) -> str:
    with contextlib.redirect_stdout(Terminal()) as terminal:
        output.show({}, text)
    return terminal.getvalue()


@for_each("character", CONTROLS + UNSEEN)
def test_json_on_a_terminal_shows_escapes_for_what_can_not_be_seen(character: str) -> None:
    value = {"text": f"a{character}b", character: [character]}
    text = shown_json(value)
    assert character not in text
    assert json.loads(text) == value


def test_json_on_a_terminal_keeps_what_can_be_read() -> None:
    assert shown_json({"text": READABLE + "\n"}) == f'{{\n  "text": "{READABLE}\\n"\n}}\n'


def test_json_in_a_pipe_is_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"text": "\u202e\x9b\u200bä"})
    assert capsys.readouterr().out == '{"text": "\u202e\x9b\u200bä"}\n'


@for_each("character", CONTROLS)
def test_what_people_read_has_nothing_that_steers(character: str) -> None:
    assert shown(f"a{character}b") == "a\N{REPLACEMENT CHARACTER}b\n"


@for_each("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
def test_lines_end_as_they_end_here(end: str) -> None:
    assert shown(f"a{end}b{end}{end}c") == "a\nb\n\nc\n"


def test_spaces_and_joiners_stay() -> None:
    text = f"{READABLE} 10\N{NO-BREAK SPACE}€ 日本\N{IDEOGRAPHIC SPACE}語 می\N{ZERO WIDTH NON-JOINER}خواهم\t1"
    assert shown(text) == f"{text}\n"


def test_an_error_can_not_steer_the_terminal(lonely: CommandLine, tmp_path: Path) -> None:
    assert lonely.refused("restore", str(tmp_path / "a\x1b[2J\u202e"), code=2).isprintable()


async def test_turns_on_a_terminal_show_escapes_as_well() -> None:
    async def turns() -> AsyncIterator[chat_pb2.ExportedTurn]:
        yield chat_pb2.ExportedTurn(session_id="s", turn=chat_pb2.Turn(question="a\x9b\u202eb"))

    with contextlib.redirect_stdout(Terminal()) as terminal:
        await write_turns(turns(), None)
    assert terminal.getvalue()[:-1].isprintable()
    assert json.loads(terminal.getvalue())["question"] == "a\x9b\u202eb"


async def test_a_table_of_turns_holds_no_formula(tmp_path: Path) -> None:
    cells = ("=1+1", "+49 30", "-1", "@SUM", "\tx", "\rx", "a=1", 'say "ü", and\nmore', "")

    async def turns() -> AsyncIterator[chat_pb2.ExportedTurn]:
        for cell in cells:
            turn = chat_pb2.Turn(question=cell, answer=cell, source_urls=["https://a", "file:b"], request_id=cell)
            yield chat_pb2.ExportedTurn(session_id=cell, number=1, turn=turn)

    written = await write_turns(turns(), tmp_path / "turns.csv", as_table=True)
    assert (written.sessions, written.turns) == (len(cells), len(cells))
    content = (tmp_path / "turns.csv").read_bytes().decode()
    assert content[0] == "\ufeff"
    head, *rows = csv.reader(io.StringIO(content[1:], newline=""))
    assert head[:4] == ["session_id", "number", "question", "answer"]
    for cell, row in zip(cells, rows, strict=True):
        read = dict(zip(head, row, strict=True))
        assert {read[name] for name in ("session_id", "question", "answer", "request_id")} == {
            f"'{cell}" if cell[:1] in tuple("=+-@\t\r") else cell
        }
        assert (read["number"], read["source_urls"], read["broken_off"]) == ("1", "https://a\nfile:b", "false")


async def test_a_table_on_a_terminal_has_nothing_that_steers() -> None:
    async def turns() -> AsyncIterator[chat_pb2.ExportedTurn]:
        yield chat_pb2.ExportedTurn(session_id="s", turn=chat_pb2.Turn(question="a\x9b\u202eb"))

    with contextlib.redirect_stdout(Terminal()) as terminal:
        await write_turns(turns(), None, as_table=True)
    assert terminal.getvalue().replace("\n", "").isprintable()
