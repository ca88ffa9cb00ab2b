"""Turns of conversations written down: JSON Lines, or a table for spreadsheets."""

import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from chatmount.chat.v1 import chat_pb2

from services.cli.failures import CommandFailed
from services.cli.output.cleaning import clean, for_stdout
from services.cli.output.streams import OutputLost
from services.cli.output.whole_file import reason_not_replaceable
from services.exported_turns import UTF8_MARK, json_line, table_head, table_row


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
    line, shown = (table_row, _shown_row) if as_table else (json_line, for_stdout)
    try:
        with _opened(file) as lines:
            if as_table:
                lines.write(shown(table_head()) if file is None else UTF8_MARK + table_head())
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
