"""`chatmount session`: conversations of a chatbot."""

import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import click
from chatmount.chat.v1 import chat_pb2
from rich.text import Text

from services.cli.calls.pages import all_rows, each_row, pages
from services.cli.calls.stack import ChatbotScope, bot_option, on_chatbot
from services.cli.failures import CommandFailed, explain_missing, wrong_usage
from services.cli.grammar import Group, wants_json
from services.cli.options.confirmation import confirm, yes_option
from services.cli.options.numbers import WholeNumber
from services.cli.output import output
from services.cli.output.cleaning import clean, for_stdout
from services.cli.output.shapes import shape, short
from services.cli.output.streams import OutputLost
from services.cli.output.whole_file import reason_not_replaceable

COLUMNS = {"session": "id", "turns": "turns", "created (UTC)": "created_at", "last used": "last_used_at"}


@click.group(cls=Group, name="session")
def group() -> None:
    """Conversations of a chatbot."""


@group.command("list")
@bot_option
@click.option("--limit", type=WholeNumber(1), default=100, show_default=True, help="At most this many.")
@on_chatbot
async def list_(scope: ChatbotScope, limit: int) -> None:
    """List sessions, the most recently used first."""
    sessions = await all_rows(scope.sessions.ListSessions, chat_pb2.ListSessionsRequest(), limit)
    output.show_list("sessions", [shape(session) for session in sessions], COLUMNS, "No sessions yet.")


@group.command()
@bot_option
@click.argument("session")
@on_chatbot
async def show(scope: ChatbotScope, session: str) -> None:
    """Show SESSION with its turns."""
    request = chat_pb2.GetSessionRequest(session_id=session)
    with explain_missing("session", session, _list_command(scope)):
        parts = [page async for page in pages(scope.sessions.GetSession, request)]
    turns = [shape(turn) for part in parts for turn in part.turns]
    text = Text()
    for turn in turns:
        text.append(f"{short(turn['created_at'])}  ", style="dim")
        text.append(clean(f"{turn['question']}\n"), style="bold")
        text.append(clean(f"{turn['answer']}\n"))
        if turn["broken_off"]:
            text.append("  the answer broke off here\n", style="yellow")
        for url in turn["source_urls"]:
            text.append(clean(f"  {url}\n"), style="dim")
        text.append("\n")
    text.rstrip()
    output.show({**shape(parts[0].session), "turns": turns}, text)


@group.command()
@bot_option
@click.argument("session")
@yes_option
@on_chatbot
async def delete(scope: ChatbotScope, session: str, yes: bool) -> None:
    """Delete SESSION with its turns."""
    confirm(f"Delete the session {session}?", yes)
    with explain_missing("session", session, _list_command(scope)):
        await scope.sessions.DeleteSession(chat_pb2.DeleteSessionRequest(session_id=session))
    output.show({"id": session, "deleted": True}, f"Deleted {session}.")


@group.command()
@bot_option
@click.option("--session", default=None, help="Only this session.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@on_chatbot
async def export(scope: ChatbotScope, session: str | None, file: Path) -> None:
    """Write all turns of all sessions to FILE as JSON Lines. - is standard output."""
    to_stdout = str(file) == "-"
    if to_stdout and wants_json():
        raise wrong_usage("--json and - would both write to standard output.")
    turns = each_row(scope.sessions.ExportTurns, chat_pb2.ExportTurnsRequest(session_id=session))
    with explain_missing("session", session or "", _list_command(scope)):
        written = await write_turns(turns, None if to_stdout else file)
    if not to_stdout:
        summary = {"file": str(file), "sessions": written.sessions, "turns": written.turns}
        output.show(summary, f"Wrote {written.turns:,} turns of {written.sessions:,} sessions to {file}.")


def _list_command(scope: ChatbotScope) -> str:
    return f"chatmount session list --bot {scope.chatbot_id}"


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
