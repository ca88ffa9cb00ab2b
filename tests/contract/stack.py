"""A whole Chatmount, started the way a user starts it, with real processes and a real Envoy."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.child_processes import commands, has_ended
from tests.cli.command_line import CommandLine
from tests.waiting import PATIENCE, eventually

CHATMOUNT = Path(sys.executable).with_name("chatmount")
# With the demo, whose pages are embedded by threads that give way to everything else.
READY_SECONDS = 200.0
STOP_SECONDS = 120.0


ONE_PROCESS = {"CHATMOUNT_TOGETHER": "auth,quota,retrieval,chat"}
"""The wiring of a stack unless another is chosen: it starts with two thirds of the work that a split one needs."""
SPLIT = {"CHATMOUNT_TOGETHER": "none"}
"""For what is tried on one service alone, and on calls over the wire."""
USUAL = {"CHATMOUNT_TOGETHER": ""}
"""That of a stack for which nothing is chosen."""


class Stack:
    """One installation under a home of its own, on ports that nobody else uses."""

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None) -> None:
        """`environment`: settings, such as another wiring."""
        self.home = home
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CHATMOUNT_")},
            "CHATMOUNT_HOME": str(home),
            "CHATMOUNT_HTTP_PORT": "0",
            "CHATMOUNT_HTTPS_PORT": "0",
            "CHATMOUNT_LISTEN_HOST": "127.0.0.1",
            # The model may not be there, and no test waits until it is.
            "CHATMOUNT_MULTILINGUAL": "off",
            **ONE_PROCESS,
            **(environment or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoints: dict[str, Any] = {}
        self.seconds_to_ready = 0.0

    @property
    def log(self) -> str:
        return (self.home.parent / f"{self.home.name}.log").read_text("utf-8", "replace")

    @property
    def base_url(self) -> str:
        return str(self.endpoints["http"])

    def start(self, *options: str) -> None:
        """Returns when the public port answers. AssertionError with the log when it does not."""
        began = time.monotonic()
        endpoints = self.home / "endpoints.json"
        endpoints.unlink(missing_ok=True)
        with (self.home.parent / f"{self.home.name}.log").open("ab") as log:
            self._process = process = subprocess.Popen(
                [CHATMOUNT, "up", *options], env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

        def is_ready() -> bool:
            assert process.poll() is None, f"the stack ended by itself:\n{self.log[-4000:]}"
            if not endpoints.exists():
                return False
            self.endpoints = json.loads(endpoints.read_text("utf-8"))
            return self._answers()

        try:
            eventually(is_ready, READY_SECONDS)
        except BaseException as error:
            self.abandon()
            raise AssertionError(f"the stack is not ready:\n{self.log[-4000:]}") from error
        self.seconds_to_ready = time.monotonic() - began

    def stop(self) -> float:
        """Send SIGTERM; the seconds until all was gone. AssertionError when something is left."""
        assert self._process is not None
        launcher = psutil.Process(self._process.pid)
        family = [launcher, *launcher.children(True)]
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(STOP_SECONDS)
        seconds = time.monotonic() - began
        self._process = None
        # One that was killed may need a moment for it.
        eventually(lambda: all(map(has_ended, family)), what="the end of all processes")
        return seconds

    def abandon(self) -> None:
        """Ends what a test that failed has left running."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def kill(self, service: str) -> None:
        """Ends one service the hard way."""
        self.process_of(service).kill()

    def process_of(self, service: str) -> psutil.Process:
        """The process that runs now, or else the next: it may just be started again."""

        def is_it(command: Sequence[str]) -> bool:
            return f"services.{service}" in command or ("services.together" in command and service in command[-1])

        return self._process_with(is_it, service)

    def _process_with(self, is_it: Callable[[Sequence[str]], bool], name: str) -> psutil.Process:
        assert self._process is not None
        launcher, found = self._process.pid, list[psutil.Process]()

        def is_found() -> bool:
            found.extend(child for child, command in commands(launcher) if is_it(command))
            return bool(found)

        eventually(is_found, what=f"a process of {name}")
        return found[0]

    def pids(self) -> list[int]:
        """The launcher and all that it started."""
        assert self._process is not None
        return [self._process.pid, *(child.pid for child in psutil.Process(self._process.pid).children(True))]

    def command(
        self, *arguments: str, check: bool = True, seconds: float | None = 2 * PATIENCE
    ) -> subprocess.CompletedProcess[str]:
        """Runs `chatmount` as a user would."""
        return subprocess.run(
            [CHATMOUNT, *arguments], env=self._environment, check=check, capture_output=True, text=True, timeout=seconds
        )

    def json(self, *arguments: str) -> Any:
        """The one JSON value that a command prints, which runs here: a process only imports for most of its time.

        It has a thread, for the event loop of a browser may run in this one.
        """
        with pytest.MonkeyPatch.context() as environment, ThreadPoolExecutor(1) as thread:
            for name, value in self._environment.items():
                environment.setenv(name, value)
            return thread.submit(CommandLine().json, *arguments).result()

    def _answers(self) -> bool:
        try:
            return httpx.get(self.base_url + "/", timeout=10, verify=False, trust_env=False).status_code == 404
        except httpx.HTTPError:
            return False


@contextmanager
def running(stack: Stack, *options: str) -> Iterator[Stack]:
    """The stack, started without a demo; nothing of it is left when the block ends."""
    try:
        stack.start("--no-demo", *options)
        yield stack
        if stack._process is not None:
            stack.stop()
    finally:
        stack.abandon()
