"""A whole installation, and the command line run against it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.forks import Forks
from tests.contract.stack import SPLIT, Stack


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running stack without data, whose parts talk over mutual TLS."""
    stack = Stack(tmp_path_factory.mktemp("cli") / "home", {"CHATMOUNT_INTERNAL_TLS": "on", **SPLIT})
    stack.start("--no-demo")
    yield stack
    stack.stop()


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Runs programs in forks."""
    forks = Forks()
    yield forks
    forks.close()


@pytest.fixture
def cli(installation: Stack, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line, working on the running stack."""
    monkeypatch.setenv("CHATMOUNT_HOME", str(installation.home))
    return CommandLine()


@pytest.fixture
def lonely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line where nothing runs."""
    monkeypatch.setenv("CHATMOUNT_HOME", str(tmp_path / "home"))
    return CommandLine()


@dataclass(frozen=True)
class Bot:
    """A chatbot to work on."""

    id: str
    account_id: str


@pytest.fixture
def bot(cli: CommandLine) -> Bot:
    account = cli.json("account", "create", "Example Ltd", "--plan", "plus")
    created = cli.json("bot", "create", "Help desk", "--account", account["id"])
    return Bot(created["id"], account["id"])
