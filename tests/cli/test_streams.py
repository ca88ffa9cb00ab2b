"""Standard streams that are full, closed or unread: one line, and no secret is lost."""

import errno
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from services.cli.app import root
from services.cli.output.streams import OutputLost
from services.trust.secret_file import ensure_secret
from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot
from tests.cli.every_command import every_command, leaves
from tests.cli.forks import Ended, Forks
from tests.contract.stack import Stack

FULL = "chatmount: Standard output can't be written (No space left on device)"
CLOSED = "chatmount: Standard output is closed, so nothing was done; > /dev/null if no output is wanted.\n"
SHOWS_A_SECRET = {
    ("up",),
    ("key", "create"),
    ("key", "rotate"),
    ("user", "create"),
    ("user", "link"),
    ("member", "invite"),
}
# The tables of a home where nothing runs.
OFFLINE = {("migrate",), ("backup",), ("restore",), ("up",)}


Commands = Mapping[tuple[str, ...], list[str]]
Endings = Callable[..., dict[tuple[str, ...], Ended]]


@pytest.fixture
def idle(tmp_path: Path, lonely: CommandLine) -> Path:
    """A home with tables where nothing runs."""
    home = tmp_path / "home"
    lonely.json("migrate")
    ensure_secret(home / "secrets" / "signing.key")
    lonely.json("backup", tmp_path / "saved")
    return home


@pytest.fixture
def commands(idle: Path, cli: CommandLine, bot: Bot, tmp_path: Path, installation: Stack) -> Commands:
    return every_command(cli, bot, tmp_path)


@pytest.fixture
def ended_with(forks: Forks, installation: Stack, idle: Path) -> Endings:
    """How commands end with the streams that they are given."""

    def run(commands: Commands, streams: str, *options: str) -> dict[tuple[str, ...], Ended]:
        return {
            path: forks(
                *path,
                *arguments,
                *options,
                environment={
                    "CHATMOUNT_HOME": idle if path in OFFLINE or path[:1] == ("secret",) else installation.home
                },
                streams=streams,
            )
            for path, arguments in commands.items()
        }

    return run


def test_output_that_can_not_be_written_is_told_in_one_line(
    commands: Commands, ended_with: Endings, cli: CommandLine, bot: Bot
) -> None:
    assert set(commands) == set(dict(leaves(root)))
    for path, ended in ended_with(commands, "no output").items():
        assert (ended.code, ended.err) == (1, CLOSED), path
    keys = cli.json("key", "list", "--bot", bot.id)
    # Nothing was done, so that all can be done now.
    tried = {path: arguments for path, arguments in commands.items() if path != ("bot", "delete")}
    for path, ended in ended_with(tried, "full").items():
        did = "so nothing was done." if path in SHOWS_A_SECRET else "what the command did is done."
        separator = ", " if path in SHOWS_A_SECRET else "; "
        assert (ended.code, ended.err) == (1, f"{FULL}{separator}{did}\n"), path
    # But for the one that was revoked, no key was made, or has another secret.
    after = cli.json("key", "list", "--bot", bot.id)
    assert [one["last4"] for one in after["keys"]] == [one["last4"] for one in keys["keys"]]


def test_a_reader_that_has_left_is_told_nothing_but_of_secrets(commands: Commands, ended_with: Endings) -> None:
    for path, ended in ended_with(commands, "unread", "--json").items():
        assert ended.code == 1, path
        assert ("so nothing was done" in ended.err) if path in SHOWS_A_SECRET else not ended.err, path


def test_no_command_needs_its_input_but_for_a_key(commands: Commands, ended_with: Endings) -> None:
    # This one stays.
    tried = {path: arguments for path, arguments in commands.items() if path != ("up",)}
    for path, ended in ended_with(tried, "no input").items():
        assert ended.code == 0, (path, ended)
    (ended,) = ended_with({("chat",): ["--key", "-", "Hello"]}, "no input").values()
    assert (ended.code, ended.err) == (
        1,
        "chatmount: Standard input has no key: give it there, or instead of -.\n",
    )


def test_a_key_that_could_not_be_shown_is_undone_or_told(ended_with: Endings, cli: CommandLine, bot: Bot) -> None:
    first = cli.json("key", "create", "--bot", bot.id)
    ended = ended_with({("key", "create"): ["--bot", bot.id], ("key", "rotate"): [first["id"]]}, "full at once")
    assert {one.code for one in ended.values()} == {1}
    created, rotated = (one.err for one in ended.values())
    assert "The key could not be shown (File too large), and was revoked; create another." in created
    assert f"and the old one is dead: rotate {first['id']} once more." in rotated
    kept, made = cli.json("key", "list", "--bot", bot.id)["keys"]
    assert (kept["status"], made["status"]) == ("active", "revoked")
    assert cli.json("key", "rotate", first["id"])["key"] != first["key"]


def test_a_link_that_could_not_be_shown_is_told_with_how_to_make_another(
    ended_with: Endings, cli: CommandLine, bot: Bot
) -> None:
    invite = ["eve@example.com", "--role", "viewer", "--account", bot.account_id]
    ended = ended_with({("member", "invite"): invite}, "full at once")
    again = f"make another: chatmount member invite {' '.join(invite)}\n"
    (told,) = ((one.code, one.err) for one in ended.values())
    assert told == (1, f"chatmount: The link could not be shown (File too large); {again}")
    cli.json("member", "invite", *invite)
    assert len(cli.json("member", "list", "--account", bot.account_id)["invitations"]) == 1


def test_a_key_that_can_be_neither_shown_nor_revoked_is_named(
    cli: CommandLine, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(key: Any, secret: str) -> None:
        # Meanwhile it becomes one that can't be revoked.
        other = Thread(target=cli, args=("bot", "delete", bot.id))
        other.start()
        other.join()
        made.append(key.id)
        raise OutputLost(OSError(errno.EFBIG, "File too large"))

    made: list[str] = []
    monkeypatch.setattr("services.cli.commands.key._show_secret", lose)
    line = cli.refused("key", "create", "--bot", bot.id)
    assert f"The key {made[0]} could not be shown (File too large), and could not be revoked (" in line
    assert line.endswith(f"`chatmount key revoke {made[0]}` does that.")


def test_a_backup_on_standard_output_is_a_result_like_any_other(ended_with: Endings) -> None:
    for streams, said in (("full", FULL), ("unread", "")):
        (ended,) = ended_with({("backup",): ["-"]}, streams).values()
        assert (ended.code, ended.err.partition(";")[0].strip()) == (1, said), streams


def test_help_is_a_result_like_any_other(ended_with: Endings) -> None:
    asked: dict[tuple[str, ...], list[str]] = {("--help",): [], ("--version",): [], ("key", "--help"): [], (): []}
    for path, ended in ended_with(asked, "full").items():
        assert (ended.code, ended.err) == (1, f"{FULL}; what the command did is done.\n"), path
    for path, ended in ended_with(asked, "unread").items():
        assert (ended.code, ended.err) == (1, ""), path
