"""`chatmount session`: conversations of a chatbot."""

from collections.abc import Callable
from pathlib import Path

import click
from chatmount.chat.v1 import chat_pb2
from rich.text import Text

from services.cli.calls.pages import all_rows, each_row
from services.cli.calls.stack import Stack, on_stack
from services.cli.commands.session_export import written
from services.cli.failures import known, wrong_usage
from services.cli.grammar import Group, wants_json
from services.cli.options.confirmation import confirm
from services.cli.options.numbers import WholeNumber
from services.cli.output import output, shapes

COLUMNS = ("session", "turns", "created (UTC)", "last used")

bot_option = click.option("--bot", required=True, help="Id of the chatbot.")


@click.group(cls=Group, name="session")
def group() -> None:
    """Conversations of a chatbot."""


@group.command("list")
@bot_option
@click.option("--limit", type=WholeNumber(1), default=100, show_default=True, help="At most so many.")
@on_stack
async def list_(stack: Stack, bot: str, limit: int) -> None:
    """List sessions, the most recently used first."""
    scope = await stack.chatbot(bot)
    sessions = await all_rows(
        scope.sessions.ListSessions,
        chat_pb2.ListSessionsRequest(),
        lambda page: list(page.sessions),
        limit,
    )
    values = [shapes.session(session) for session in sessions]
    rows = [
        (value["id"], value["turns"], shapes.short(value["created_at"]), shapes.short(value["last_used_at"]))
        for value in values
    ]
    output.show({"sessions": values}, output.table(COLUMNS, rows, "No sessions yet."))


@group.command()
@bot_option
@click.argument("session")
@on_stack
async def show(stack: Stack, bot: str, session: str) -> None:
    """Show SESSION with its turns."""
    scope = await stack.chatbot(bot)
    with known("session", session, f"chatmount session list --bot {bot}"):
        pages: list[chat_pb2.GetSessionResponse] = []
        request = chat_pb2.GetSessionRequest(session_id=session)
        rows = await all_rows(scope.sessions.GetSession, request, turns_of(pages))
    turns = [shapes.turn(turn) for turn in rows]
    text = Text()
    for turn in turns:
        text.append(f"{shapes.short(turn['created_at'])}  ", style="dim")
        text.append(output.clean(f"{turn['question']}\n"), style="bold")
        text.append(output.clean(f"{turn['answer']}\n"))
        if turn["broken_off"]:
            text.append("  the answer broke off here\n", style="yellow")
        for url in turn["source_urls"]:
            text.append(output.clean(f"  {url}\n"), style="dim")
        text.append("\n")
    text.rstrip()
    output.show({**shapes.session(pages[0].session), "turns": turns}, text)


def turns_of(pages: list[chat_pb2.GetSessionResponse]) -> Callable[[chat_pb2.GetSessionResponse], list[chat_pb2.Turn]]:
    """Takes the turns out of a page and keeps the page."""

    def turns(page: chat_pb2.GetSessionResponse) -> list[chat_pb2.Turn]:
        pages.append(page)
        return list(page.turns)

    return turns


@group.command()
@bot_option
@click.argument("session")
@click.option("--yes", is_flag=True, help="Do not ask.")
@on_stack
async def delete(stack: Stack, bot: str, session: str, yes: bool) -> None:
    """Delete SESSION with its turns."""
    confirm(f"Delete the session {session}?", yes)
    scope = await stack.chatbot(bot)
    with known("session", session, f"chatmount session list --bot {bot}"):
        await scope.sessions.DeleteSession(chat_pb2.DeleteSessionRequest(session_id=session))
    output.show({"id": session, "deleted": True}, f"Deleted {session}.")


@group.command()
@bot_option
@click.option("--session", default=None, help="Only this session.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@on_stack
async def export(stack: Stack, bot: str, session: str | None, file: Path) -> None:
    """Write all turns of all sessions to FILE, or to standard output for -, as JSON Lines."""
    to_stdout = str(file) == "-"
    if to_stdout and wants_json():
        raise wrong_usage("--json and - would both write to standard output.")
    scope = await stack.chatbot(bot)
    request = chat_pb2.ExportTurnsRequest(session_id=session)
    turns = each_row(scope.sessions.ExportTurns, request, lambda page: list(page.turns))
    with known("session", session or "", f"chatmount session list --bot {bot}"):
        counted = await written(turns, None if to_stdout else file)
    if not to_stdout:
        summary = {"file": str(file), "sessions": counted.sessions, "turns": counted.turns}
        output.show(summary, f"Wrote {counted.turns:,} turns of {counted.sessions:,} sessions to {file}.")
