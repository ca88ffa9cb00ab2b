"""A whole Chatmount, started the way a user starts it, with real processes and a real Envoy."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil

CHATMOUNT = Path(sys.executable).with_name("chatmount")
READY_SECONDS = 90.0
STOP_SECONDS = 60.0

PLANS = """
[free]
requests_per_minute = 0
credits_per_month = 50
requests_per_day = 100
keys_per_chatbot = 0

[plus]
requests_per_minute = 60
credits_per_month = 1500
requests_per_day = 10000
keys_per_chatbot = 15

[enterprise]
requests_per_minute = 200
requests_per_day = 50000
keys_per_chatbot = 50

[roomy]
requests_per_minute = 1000000
requests_per_day = 1000000
keys_per_chatbot = 50

[metered]
requests_per_minute = 1000000
credits_per_month = 1000000
requests_per_day = 1000000
keys_per_chatbot = 50

[seven]
requests_per_minute = 1000000
credits_per_month = 7
requests_per_day = 1000000
keys_per_chatbot = 50

[threeaday]
requests_per_minute = 1000000
credits_per_month = 1000000
requests_per_day = 3
keys_per_chatbot = 50

[fiveaminute]
requests_per_minute = 5
credits_per_month = 1000000
requests_per_day = 1000000
keys_per_chatbot = 50
"""


class Stack:
    """One installation under a home of its own, on ports that nobody else uses."""

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None) -> None:
        self.home = home
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CHATMOUNT_")},
            "CHATMOUNT_HOME": str(home),
            "CHATMOUNT_HTTP_PORT": "0",
            "CHATMOUNT_HTTPS_PORT": "0",
            "CHATMOUNT_LISTEN_HOST": "127.0.0.1",
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
            self._process = subprocess.Popen(
                [CHATMOUNT, "up", *options], env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._wait(endpoints.exists, READY_SECONDS)
            self.endpoints = json.loads(endpoints.read_text("utf-8"))
            self._wait(self._answers, READY_SECONDS)
        except BaseException:
            self.abandon()
            raise
        self.seconds_to_ready = time.monotonic() - began

    def stop(self) -> float:
        """Sends SIGTERM; returns the seconds until all was gone. AssertionError when something is left."""
        assert self._process is not None
        family = self.pids()
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(STOP_SECONDS)
        seconds = time.monotonic() - began
        self._process = None
        assert [pid for pid in family if psutil.pid_exists(pid)] == []
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
        assert self._process is not None
        for child in psutil.Process(self._process.pid).children(recursive=True):
            if f"services.{service}" in child.cmdline():
                return child
        raise AssertionError(f"no process of {service} is running")

    def pids(self) -> list[int]:
        """The launcher and all that it started."""
        assert self._process is not None
        return [self._process.pid, *(child.pid for child in psutil.Process(self._process.pid).children(True))]

    def command(
        self, *arguments: str, check: bool = True, seconds: float | None = 60
    ) -> subprocess.CompletedProcess[str]:
        """Runs `chatmount` as a user would."""
        return subprocess.run(
            [CHATMOUNT, *arguments], env=self._environment, check=check, capture_output=True, text=True, timeout=seconds
        )

    def json(self, *arguments: str) -> Any:
        """The one JSON value that a command prints."""
        return json.loads(self.command(*arguments, "--json").stdout)

    def _answers(self) -> bool:
        try:
            return httpx.get(self.base_url + "/", timeout=2).status_code == 404
        except httpx.HTTPError:
            return False

    def _wait(self, ready: Callable[[], bool], seconds: float) -> None:
        assert self._process is not None
        deadline = time.monotonic() + seconds
        pause = 0.02
        while not ready():
            assert self._process.poll() is None, f"the stack ended by itself:\n{self.log[-4000:]}"
            assert time.monotonic() < deadline, f"the stack is not ready:\n{self.log[-4000:]}"
            wait_a_moment(pause)


def wait_a_moment(seconds: float) -> None:
    """Between two looks at something that another process is doing."""
    signal.sigtimedwait([], seconds)


def eventually(look: Callable[[], bool], seconds: float = 60.0) -> None:
    """Looks again and again until it is so. AssertionError when it does not become so in time."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "it did not happen in time"
        wait_a_moment(0.05)
