"""Turns of conversations written down: JSON Lines, or a table for spreadsheets."""

import contextlib
import csv
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from chatmount.chat.v1 import chat_pb2

from services.cli.failures import CommandFailed
from services.cli.output.cleaning import clean, for_stdout
from services.cli.output.shapes import shape
from services.cli.output.streams import OutputLost
from services.cli.output.whole_file import reason_not_replaceable
from services.spreadsheet_cells import as_text


@dataclass
class Written:
    """The counts of what was written."""

    sessions: int = 0
    turns: int = 0


async def write_turns(
    turns: AsyncIterator[chat_pb2.ExportedTurn], file: Path | None, *, as_table: bool = False
) -> Written:
    """Writes the turns, in the order of their sessions, to the file; None: to standard output.

    The file has its name only when all is in it. CommandFailed when it can't be written.
    """
    written, last = Written(), None
    line, shown = (_row, _shown_row) if as_table else (_json_line, for_stdout)
    try:
        with _opened(file) as lines:
            if as_table:
                # By the mark at the beginning spreadsheets know UTF-8.
                head = _cells(list(shape(chat_pb2.ExportedTurn())))
                lines.write(shown(head) if file is None else f"\ufeff{head}")
            async for turn in turns:
                text = line(turn)
                lines.write(shown(text) if file is None else text)
                written.turns += 1
                written.sessions += turn.session_id != last
                last = turn.session_id
    except OutputLost:
        raise
    except OSError as error:
        raise CommandFailed(f"{file} can't be written: {error.strerror or error}") from error
    return written


def _json_line(turn: chat_pb2.ExportedTurn) -> str:
    # Some readers take these for ends of lines.
    text = json.dumps(shape(turn), ensure_ascii=False)
    return text.translate({0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}) + "\n"


def _row(turn: chat_pb2.ExportedTurn) -> str:
    return _cells([_cell(value) for value in shape(turn).values()])


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(value)
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _cells(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(map(as_text, cells))
    return text.getvalue()


def _shown_row(text: str) -> str:
    return clean(text) if sys.stdout.isatty() else text


@contextlib.contextmanager
def _opened(file: Path | None) -> Iterator[TextIO]:
    if file is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    if reason := reason_not_replaceable(file):
        raise CommandFailed(reason)
    draft = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        # What people have asked is nobody else's business.
        with open(
            draft, "x", encoding="utf-8", newline="", opener=lambda path, flags: os.open(path, flags, 0o600)
        ) as lines:
            yield lines
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
