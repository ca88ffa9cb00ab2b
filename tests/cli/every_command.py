"""Every command of the command line, with arguments by which it succeeds."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands by their words."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, (*path, name))


def every_command(cli: CommandLine, bot: Bot, folder: Path) -> Mapping[tuple[str, ...], list[str]]:
    """Those that remove what others need come last. `folder`: for their files."""
    page = folder / "page.md"
    page.write_text("# Returns\n\nSend it back within 30 days.\n")
    pairs = folder / "pairs.csv"
    pairs.write_text("question,answer\nHow do I pack it?,In paper.\n")
    source = cli.json("source", "add", "--bot", bot.id, page)["sources"][0]["id"]
    pair = cli.json("qa", "add", "--bot", bot.id, "--question", "When?", "--answer", "Now.")["id"]
    key = cli.json("key", "create", "--bot", bot.id)
    cli.json("chat", "--key", key["key"], "--session", "s", "When?")
    (turn,) = cli.json("session", "show", "--bot", bot.id, "s")["turns"]
    cli.json("chat", "--key", key["key"], "--session", "t", "Quo vadis?")
    (site,) = cli.json("widget", "origin", "add", bot.id, "https://shop.example.com")["origins"]
    unanswered = cli.json("unanswered", "list", "--bot", bot.id)["questions"][0]["id"]
    of_bot, of_account = ["--bot", bot.id], ["--account", bot.account_id]
    empty = cli.json("account", "create", "Empty", "--plan", "plus")["id"]
    people = f"{bot.id.lower()}@example.com", f"other-{bot.id.lower()}@example.com"
    users = [cli.json("user", "create", email, "--name", "Ada")["id"] for email in people]
    for email in people:
        cli.json("member", "add", email, "--role", "owner", *of_account)
    invited = cli.json("member", "invite", "eve@example.com", "--role", "viewer", *of_account)["id"]
    return {
        ("up",): [],
        ("account", "create"): ["Example", "--plan", "plus"],
        ("account", "list"): [],
        ("account", "show"): [bot.account_id],
        ("account", "set-plan"): [bot.account_id, "plus"],
        ("account", "delete"): [empty],
        ("bot", "create"): ["Desk", *of_account],
        ("bot", "list"): [],
        ("bot", "show"): [bot.id],
        ("bot", "rename"): [bot.id, "Help Desk"],
        ("bot", "set"): [bot.id, "--fallback", "No."],
        ("bot", "enable"): [bot.id],
        ("bot", "disable"): [cli.json("bot", "create", "Other", *of_account)["id"]],
        ("source", "add"): [*of_bot, str(page)],
        ("source", "list"): of_bot,
        ("source", "counts"): of_bot,
        ("source", "wait"): of_bot,
        ("source", "sync"): of_bot,
        ("source", "disable"): [*of_bot, source],
        ("source", "enable"): [*of_bot, source],
        ("source", "remove"): [*of_bot, source],
        ("qa", "add"): [*of_bot, "--question", "Where?", "--answer", "Here."],
        ("qa", "import"): [*of_bot, str(pairs)],
        ("qa", "list"): of_bot,
        ("qa", "remove"): [*of_bot, pair],
        ("key", "create"): of_bot,
        ("key", "list"): of_bot,
        ("key", "allow"): [key["id"], "--anywhere"],
        ("key", "rotate"): [cli.json("key", "create", "--bot", bot.id)["id"]],
        ("widget", "show"): [bot.id],
        ("widget", "set"): [bot.id, "--title", "Help"],
        ("widget", "origin", "add"): [bot.id, "https://www.example.com"],
        ("widget", "origin", "remove"): [bot.id, site],
        ("widget", "renew"): [bot.id],
        ("user", "create"): [f"new-{people[0]}", "--name", "Ada"],
        ("user", "list"): [],
        ("user", "link"): [users[0]],
        ("user", "disable"): [users[1]],
        ("user", "enable"): [users[1]],
        ("member", "list"): of_account,
        ("member", "add"): [people[1], "--role", "editor", *of_account],
        ("member", "set-role"): [users[1], "--role", "viewer", *of_account],
        ("member", "invite"): ["bob@example.com", "--role", "viewer", *of_account],
        ("member", "withdraw"): [invited, *of_account],
        ("member", "remove"): [users[1], *of_account],
        ("audit", "list"): [],
        ("chat",): ["--key", key["key"], "When?"],
        ("session", "list"): of_bot,
        ("session", "show"): [*of_bot, "s"],
        ("session", "export"): [*of_bot, str(folder / "turns.jsonl")],
        ("unanswered", "list"): of_bot,
        ("unanswered", "resolve"): [*of_bot, unanswered, "--state", "not-ours"],
        ("trace",): [turn["request_id"]],
        ("replay",): [turn["request_id"]],
        ("session", "delete"): [*of_bot, "s"],
        ("usage",): of_account,
        ("ledger", "list"): of_account,
        ("ledger", "verify"): [],
        ("credits", "give"): ["5", *of_account],
        ("search",): ["When?", *of_bot],
        ("index", "verify"): [],
        ("status",): [],
        ("token",): [],
        ("secret", "list"): [],
        ("secret", "add"): [],
        ("secret", "promote"): [],
        ("secret", "rotate"): [],
        ("secret", "retire"): ["--now"],
        ("migrate",): [],
        ("backup",): [str(folder / "backup")],
        ("restore",): [str(folder / "saved"), "--replace"],
        ("key", "revoke"): [key["id"]],
        ("bot", "delete"): [bot.id],
    }
