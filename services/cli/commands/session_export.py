"""Turns as JSON Lines: one turn a line, each complete in itself."""

import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from chatmount.chat.v1 import chat_pb2

from services.cli.failures import CommandFailed
from services.cli.output.cleaning import for_stdout
from services.cli.output.shapes import shape
from services.cli.output.streams import OutputLost
from services.cli.output.whole_file import reason_not_replaceable


@dataclass
class Written:
    """The counts of what was written."""

    sessions: int = 0
    turns: int = 0


async def write_turns(turns: AsyncIterator[chat_pb2.ExportedTurn], file: Path | None) -> Written:
    """Writes the turns, in the order of their sessions, to the file; None: to standard output.

    The file has its name only when all is in it. CommandFailed when it can't be written.
    """
    written, last = Written(), None
    try:
        with _opened(file) as lines:
            async for turn in turns:
                line = _line(turn)
                lines.write(for_stdout(line) if file is None else line)
                written.turns += 1
                written.sessions += turn.session_id != last
                last = turn.session_id
    except OutputLost:
        raise
    except OSError as error:
        raise CommandFailed(f"{file} can't be written: {error.strerror or error}") from error
    return written


def _line(turn: chat_pb2.ExportedTurn) -> str:
    # Some readers take these for ends of lines.
    text = json.dumps(shape(turn), ensure_ascii=False)
    return text.translate({0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}) + "\n"


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
        with open(draft, "x", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as lines:
            yield lines
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
