"""A whole installation, and the command line run against it."""

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.cli.__main__ import run
from tests.cli.forks import Forks
from tests.contract.stack import Stack


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout of a command that succeeded."""
        assert self.code == 0, self.err
        return json.loads(self.out)


class CommandLine:
    """Runs commands in this process."""

    def __call__(self, *arguments: str | Path) -> Outcome:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([str(argument) for argument in arguments])
        return Outcome(code, out.getvalue(), err.getvalue())

    def json(self, *arguments: str | Path) -> Any:
        return self(*arguments, "--json").json

    def refused(self, *arguments: str | Path, code: int = 1) -> str:
        """The one line that a command which fails prints."""
        outcome = self(*arguments)
        assert outcome.code == code, outcome
        (line,) = outcome.err.splitlines()
        assert line.startswith("chatmount: ")
        assert "Traceback" not in line
        return line.removeprefix("chatmount: ")


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running stack without data, whose parts talk over mutual TLS."""
    stack = Stack(tmp_path_factory.mktemp("cli") / "home", {"CHATMOUNT_INTERNAL_TLS": "on"})
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
