"""Programs run in forks of one process, with their own streams and environment."""

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    out: bytes
    err: str


class Forks:
    """Imports everything once, then runs programs fast; see tests/cli/forked_commands.py."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forked_commands"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def __call__(
        self,
        *arguments: object,
        module: str = "services.cli",
        environment: Mapping[str, object] | None = None,
        streams: str = "",
        given: bytes = b"",
    ) -> Ended:
        """Runs `python -m module` with these variables and with `given` in standard input.

        `streams`: "full", "full at once", "unread", "no output", "no input"; or "bound by permissions", also as root.
        """
        one = {
            "module": module,
            "arguments": [str(argument) for argument in arguments],
            "environment": {name: str(value) for name, value in (environment or {}).items()},
            "streams": streams,
            "given": base64.b64encode(given).decode(),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(one) + "\n")
        self._process.stdin.flush()
        ended = json.loads(self._process.stdout.readline())
        return Ended(ended["code"], base64.b64decode(ended["out"]), ended["err"])

    def close(self) -> None:
        """Ends the process that they are forked from."""
        self._process.communicate()
