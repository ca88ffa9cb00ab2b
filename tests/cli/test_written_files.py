"""Files that commands write appear when they are whole, and replace only files."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot


@pytest.fixture(params=["session export", "backup"])
def command(request: pytest.FixtureRequest, cli: CommandLine, bot: Bot) -> list[str]:
    of_session = ["session", "export", "--bot", bot.id]
    return of_session if request.param == "session export" else ["backup"]


def test_what_is_no_file_is_left_alone(cli: CommandLine, command: list[str], tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    names = {name: tmp_path / name for name in ("link", "dangling", "pipe", "device")}
    names["link"].symlink_to(target)
    names["dangling"].symlink_to(tmp_path / "nowhere")
    os.mkfifo(names["pipe"])
    names["device"] = Path("/dev/null")
    before = {name: file.lstat() for name, file in names.items()}
    for name, file in names.items():
        line = cli.refused(*command, file)
        assert (
            "is a symbolic link; name the file" in line
            if "link" in name or name == "dangling"
            else "is not a file" in line
        )
        assert (file.lstat().st_ino, file.lstat().st_mode) == (before[name].st_ino, before[name].st_mode)
    assert cli.refused(*command, target / "file") == f"{target}/file: Not a directory."
    assert target.read_text() == "mine"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["dangling", "link", "pipe", "target"]


def test_a_file_is_replaced_by_one_for_its_owner_alone(cli: CommandLine, command: list[str], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    file.chmod(0o644)
    cli.json(*command, file)
    assert file.read_bytes() != b"old"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_turns_are_one_line_each_in_a_file_and_on_stdout(cli: CommandLine, bot: Bot, tmp_path: Path) -> None:
    key = cli.json("key", "create", "--bot", bot.id)["key"]
    for question in ("First?", "Second?\u2028\x85"):
        cli.json("chat", "--key", key, "--session", "s", question)
    cli.json("session", "export", "--bot", bot.id, tmp_path / "turns.jsonl")
    text = (tmp_path / "turns.jsonl").read_text()
    assert [json.loads(one)["question"] for one in text.splitlines()] == ["First?", "Second?\u2028\x85"]
    assert cli("session", "export", "--bot", bot.id, "-").out == text
