"""The command line, run in the process of the tests."""

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cli.__main__ import run


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
