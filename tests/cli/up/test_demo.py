import asyncio
import json
from pathlib import Path

import pytest

from services.cli.calls.stack import open_stack
from services.cli.up.demo import Demo, ensure_demo
from services.config.settings import load_settings
from tests.cli.command_line import CommandLine
from tests.contract.stack import Stack

pytestmark = pytest.mark.stack


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "keys.md").write_text("# Keys\n\n## Rotate a key\n\nTo rotate a key, run the command `key rotate`.\n")
    (folder / "empty.md").touch()
    (folder / "logo.png").touch()
    return folder


def seed(stack: Stack, home: Path, docs: Path) -> tuple[Demo | None, list[str]]:
    said: list[str] = []

    async def run() -> Demo | None:
        async with open_stack(load_settings({"CHATMOUNT_HOME": str(stack.home)})) as opened:
            return await ensure_demo(opened, home, said.append, docs)

    return asyncio.run(run()), said


@pytest.fixture
def started_seeding(cli: CommandLine) -> str:
    """An account as a seeding that broke off leaves it."""
    accounts = cli.json("account", "list")["accounts"]
    found = [one["id"] for one in accounts if one["name"] == "Demo"]
    return str(found[0] if found else cli.json("account", "create", "Demo", "--plan", "plus")["id"])


def test_a_seeding_that_broke_off_is_taken_up_again(
    installation: Stack, cli: CommandLine, started_seeding: str, docs: Path, tmp_path: Path
) -> None:
    first, said = seed(installation, tmp_path, docs)
    assert first is not None
    assert any("docs/empty.md was not added" in line for line in said)
    # The key was made and nobody saw it: the file that says so is missing.
    (tmp_path / "demo.json").unlink()
    second, _ = seed(installation, tmp_path, docs)
    assert second is not None
    assert second.chatbot_id == first.chatbot_id
    assert second.key != first.key
    assert second.key not in (tmp_path / "demo.json").read_text()


def test_a_later_start_remembers_the_demo_and_no_secret(installation: Stack, docs: Path, tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text(json.dumps({"account_id": "acct_1", "chatbot_id": "bot_1"}))
    assert seed(installation, tmp_path, docs) == (Demo("acct_1", "bot_1"), [])


def test_an_installation_with_accounts_of_its_own_is_left_alone(
    cli: CommandLine, installation: Stack, docs: Path, tmp_path: Path
) -> None:
    for one in cli.json("account", "list")["accounts"]:
        if one["name"] == "Demo":
            for bot in cli.json("bot", "list", "--account", one["id"])["chatbots"]:
                cli.json("bot", "delete", bot["id"])
            cli.json("account", "delete", one["id"])
    cli.json("account", "create", "Example Ltd", "--plan", "plus")
    assert seed(installation, tmp_path, docs) == (None, [])
    assert not (tmp_path / "demo.json").exists()


def test_without_documentation_there_is_no_demo(installation: Stack, tmp_path: Path) -> None:
    assert seed(installation, tmp_path, tmp_path / "nowhere") == (None, [])
