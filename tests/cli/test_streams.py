"""Standard streams that are full, closed or unread: one clear line, whichever command it is, and no secret is lost."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest

from services.cli.app import root
from services.secret_file import ensure_secret
from tests.cli.conftest import Bot, CommandLine
from tests.contract.stack import Stack

FULL = "chatmount: Standard output can't be written (No space left on device)"
CLOSED = "chatmount: Standard output is closed, so nothing was done; > /dev/null if no output is wanted.\n"
SHOWS_A_SECRET = {("up",), ("key", "create"), ("key", "rotate")}
# The tables of a home where nothing runs.
OFFLINE = {("migrate",), ("backup",), ("restore",), ("up",)}


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, (*path, name))


@pytest.fixture
def idle(tmp_path: Path, lonely: CommandLine) -> Path:
    """A home with tables where nothing runs."""
    home = tmp_path / "home"
    lonely.json("migrate")
    ensure_secret(home / "secrets" / "signing.key")
    lonely.json("backup", tmp_path / "saved")
    return home


@pytest.fixture
def commands(
    idle: Path, cli: CommandLine, bot: Bot, tmp_path: Path, installation: Stack
) -> Mapping[tuple[str, ...], list[str]]:
    """Every command with arguments by which it succeeds; those that remove what others need are at the end."""
    page = tmp_path / "page.md"
    page.write_text("# Returns\n\nSend it back within 30 days.\n")
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("question,answer\nHow do I pack it?,In paper.\n")
    source = cli.json("source", "add", "--bot", bot.id, page)["sources"][0]["id"]
    pair = cli.json("qa", "add", "--bot", bot.id, "--question", "When?", "--answer", "Now.")["id"]
    key = cli.json("key", "create", "--bot", bot.id)
    cli.json("chat", "--key", key["key"], "--session", "s", "When?")
    (turn,) = cli.json("session", "show", "--bot", bot.id, "s")["turns"]
    of_bot, of_account = ["--bot", bot.id], ["--account", bot.account_id]
    empty = cli.json("account", "create", "Empty", "--plan", "plus")["id"]
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
        ("bot", "set"): [bot.id, "--fallback", "No."],
        ("bot", "enable"): [bot.id],
        ("bot", "disable"): [cli.json("bot", "create", "Other", *of_account)["id"]],
        ("source", "add"): [*of_bot, str(page)],
        ("source", "list"): of_bot,
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
        ("audit", "list"): [],
        ("chat",): ["--key", key["key"], "When?"],
        ("session", "list"): of_bot,
        ("session", "show"): [*of_bot, "s"],
        ("session", "export"): [*of_bot, str(tmp_path / "turns.jsonl")],
        ("trace",): [turn["request_id"]],
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
        ("backup",): [str(tmp_path / "backup")],
        ("restore",): [str(tmp_path / "saved"), "--replace"],
        ("key", "revoke"): [key["id"]],
        ("bot", "delete"): [bot.id],
    }


def test_every_command_is_tried_here(commands: Mapping[tuple[str, ...], list[str]]) -> None:
    assert set(commands) == set(leaves(root))


class Forks:
    """Runs commands with the streams they are given."""

    def __init__(self, running: Path, idle: Path) -> None:
        self._running = running
        self._idle = idle

    def __call__(
        self, commands: Mapping[tuple[str, ...], list[str]], streams: str, *options: str
    ) -> dict[tuple[str, ...], Any]:
        asked = [
            {
                "arguments": [*path, *arguments, *options],
                "home": str(self._idle if path in OFFLINE or path[:1] == ("secret",) else self._running),
                "streams": streams,
            }
            for path, arguments in commands.items()
        ]
        done = subprocess.run(
            [sys.executable, "-m", "tests.cli.forked_commands"],
            input=json.dumps(asked),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
        )
        return dict(zip(commands, json.loads(done.stdout), strict=True))


@pytest.fixture
def forks(installation: Stack, idle: Path) -> Forks:
    return Forks(installation.home, idle)


def test_no_room_for_the_output_is_told_in_one_line(
    commands: Mapping[tuple[str, ...], list[str]], forks: Forks, cli: CommandLine, bot: Bot
) -> None:
    keys = cli.json("key", "list", "--bot", bot.id)
    tried = {path: arguments for path, arguments in commands.items() if path != ("bot", "delete")}
    for path, ended in forks(tried, "full").items():
        did = "so nothing was done." if path in SHOWS_A_SECRET else "what the command did is done."
        separator = ", " if path in SHOWS_A_SECRET else "; "
        assert (ended["code"], ended["err"]) == (1, f"{FULL}{separator}{did}\n"), path
    # But for the one that was revoked, no key was made, or has another secret.
    after = cli.json("key", "list", "--bot", bot.id)
    assert [one["last4"] for one in after["keys"]] == [one["last4"] for one in keys["keys"]]


def test_closed_output_is_told_before_anything_is_done(
    commands: Mapping[tuple[str, ...], list[str]], forks: Forks
) -> None:
    for path, ended in forks(commands, "no output").items():
        assert (ended["code"], ended["err"]) == (1, CLOSED), path


def test_a_reader_that_has_left_is_told_nothing_but_of_secrets(
    commands: Mapping[tuple[str, ...], list[str]], forks: Forks
) -> None:
    for path, ended in forks(commands, "unread", "--json").items():
        assert ended["code"] == 1, path
        assert ("so nothing was done" in ended["err"]) if path in SHOWS_A_SECRET else not ended["err"], path


def test_no_command_needs_its_input_but_for_a_key(commands: Mapping[tuple[str, ...], list[str]], forks: Forks) -> None:
    # This one stays.
    tried = {path: arguments for path, arguments in commands.items() if path != ("up",)}
    for path, ended in forks(tried, "no input").items():
        assert ended["code"] == 0, (path, ended)
    (ended,) = forks({("chat",): ["--key", "-", "Hello"]}, "no input").values()
    assert (ended["code"], ended["err"]) == (
        1,
        "chatmount: Standard input has no key: give it there, or instead of -.\n",
    )


def test_a_key_that_could_not_be_shown_is_undone_or_told(forks: Forks, cli: CommandLine, bot: Bot) -> None:
    first = cli.json("key", "create", "--bot", bot.id)
    ended = forks({("key", "create"): ["--bot", bot.id], ("key", "rotate"): [first["id"]]}, "full at once")
    assert {one["code"] for one in ended.values()} == {1}
    created, rotated = (one["err"] for one in ended.values())
    assert "The key could not be shown (File too large), and was revoked; create another." in created
    assert f"and the old one is dead: rotate {first['id']} once more." in rotated
    kept, made = cli.json("key", "list", "--bot", bot.id)["keys"]
    assert (kept["status"], made["status"]) == ("active", "revoked")
    assert cli.json("key", "rotate", first["id"])["key"] != first["key"]


def test_a_backup_on_standard_output_is_a_result_like_any_other(forks: Forks) -> None:
    for streams, said in (("full", FULL), ("unread", "")):
        (ended,) = forks({("backup",): ["-"]}, streams).values()
        assert (ended["code"], ended["err"].partition(";")[0].strip()) == (1, said), streams


def test_help_is_a_result_like_any_other(forks: Forks) -> None:
    asked: dict[tuple[str, ...], list[str]] = {("--help",): [], ("--version",): [], ("key", "--help"): [], (): []}
    for path, ended in forks(asked, "full").items():
        assert (ended["code"], ended["err"]) == (1, f"{FULL}; what the command did is done.\n"), path
    for path, ended in forks(asked, "unread").items():
        assert (ended["code"], ended["err"]) == (1, ""), path
