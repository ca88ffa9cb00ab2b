"""`chatmount session`: conversations of a chatbot."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from chatmount.chat.v1 import chat_pb2
from rich.text import Text

from services.cli.calls.pages import all_rows, each_row, pages
from services.cli.calls.stack import ChatbotScope, bot_option, on_chatbot
from services.cli.failures import explain_missing, wrong_usage
from services.cli.grammar import Group, wants_json
from services.cli.options.confirmation import confirm, yes_option
from services.cli.options.numbers import WholeNumber
from services.cli.options.times import Moment
from services.cli.output import output
from services.cli.output.cleaning import clean
from services.cli.output.shapes import shape, short
from services.cli.output.turn_files import write_turns
from services.ratings import RATINGS, rating_named
from services.trust.principal import Channel

COLUMNS = {
    "session": "id",
    "turns": "turns",
    "channel": "channel",
    "created (UTC)": "created_at",
    "last used": "last_used_at",
    "first question": "first_question",
}


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose conversations; see `_filter`."""
    for option in (
        click.option("--text", default="", help="Only with this in a question or an answer, whatever its case."),
        click.option("--until", type=Moment(), help="Only last used before this time (UTC)."),
        click.option("--since", type=Moment(), help="Only last used at this time (UTC) or later."),
        click.option(
            "--channel",
            type=click.Choice([str(channel) for channel in Channel]),
            help="Only of this channel.",
        ),
        click.option("--rated", type=click.Choice(RATINGS), help="Only with an answer that a visitor has rated so."),
    ):
        command = option(command)
    return command


@click.group(cls=Group, name="session")
def group() -> None:
    """Conversations of a chatbot."""


@group.command("list")
@bot_option
@filter_options
@click.option("--limit", type=WholeNumber(1), default=100, show_default=True, help="At most this many.")
@on_chatbot
async def list_(scope: ChatbotScope, limit: int, **chosen: Any) -> None:
    """List sessions, the most recently used first."""
    request = chat_pb2.ListSessionsRequest(filter=_filter(**chosen))
    sessions = await all_rows(scope.sessions.ListSessions, request, limit)
    empty = "No session is like that." if request.filter.ListFields() else "No sessions yet."
    output.show_list("sessions", [shape(session) for session in sessions], COLUMNS, empty)


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
        if turn["rating"]:
            comment = f": {turn['rating_comment']}" if turn["rating_comment"] else ""
            text.append(clean(f"  rated {turn['rating']}{comment}\n"), style="yellow")
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
@filter_options
@click.option("--csv", "as_table", is_flag=True, help="Write a table for spreadsheets.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@on_chatbot
async def export(scope: ChatbotScope, session: str | None, as_table: bool, file: Path, **chosen: Any) -> None:
    """Write all turns of all sessions to FILE as JSON Lines. - is standard output."""
    to_stdout = str(file) == "-"
    if to_stdout and wants_json():
        raise wrong_usage("--json and - would both write to standard output.")
    request = chat_pb2.ExportTurnsRequest(session_id=session, filter=_filter(**chosen))
    turns = each_row(scope.sessions.ExportTurns, request)
    with explain_missing("session", session or "", _list_command(scope)):
        written = await write_turns(turns, None if to_stdout else file, as_table=as_table)
    if not to_stdout:
        summary = {"file": str(file), "sessions": written.sessions, "turns": written.turns}
        output.show(summary, f"Wrote {written.turns:,} turns of {written.sessions:,} sessions to {file}.")


def _filter(
    channel: str | None, rated: str | None, since: int | None, until: int | None, text: str
) -> chat_pb2.ConversationFilter:
    return chat_pb2.ConversationFilter(
        channel=channel or "",
        rating=rating_named(rated or ""),
        since_ms=since or 0,
        until_ms=0 if until is None else max(until, 1),
        text=text,
    )


def _list_command(scope: ChatbotScope) -> str:
    return f"chatmount session list --bot {scope.chatbot_id}"
