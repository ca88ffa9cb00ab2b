"""One operating system process, its output line by line, and its end."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from services.observe import die_with_parent

LONGEST_LINE = 16 * 1024
READ_BYTES = 64 * 1024

OnLine = Callable[[str], None]


class Child:
    """A started process, in its own session: Ctrl-C in the terminal does not reach it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    async def wait(self, on_line: OnLine) -> int:
        """Hands on its output. Returns when it has ended: its exit code, negative for a signal."""
        streams = (stream for stream in (self._process.stdout, self._process.stderr) if stream)
        await asyncio.gather(*(_read_lines(stream, on_line) for stream in streams))
        return await self._process.wait()

    def terminate(self) -> None:
        """Asks it to stop."""
        self._send(signal.SIGTERM)

    def hurry(self) -> None:
        """Tells a service that was asked to stop that nobody calls it any more."""
        self._send(signal.SIGINT)

    def kill(self) -> None:
        """Ends it, and whatever it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                # Not send_signal(): it looks first whether the process has ended, and takes away how it did.
                os.kill(self.pid, number)


async def start_child(command: Sequence[str], environment: Mapping[str, str]) -> Child:
    """Starts `command`, whose first word is a path. OSError when it can't be started."""
    wrapper = [sys.executable, "-I", "-S", str(Path(die_with_parent.__file__)), str(os.getpid())]
    process = await asyncio.create_subprocess_exec(
        *wrapper,
        *command,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    return Child(process)


def describe_end(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


async def _read_lines(stream: asyncio.StreamReader, on_line: OnLine) -> None:
    # Not readline(): a line that is longer than the stream's limit would end the reading, and with it the child.
    rest = b""
    while data := await stream.read(READ_BYTES):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            on_line(_text(line))
        if len(rest) > LONGEST_LINE:
            on_line(_text(rest))
            rest = b""
    if rest:
        on_line(_text(rest))


def _text(line: bytes) -> str:
    return line[:LONGEST_LINE].decode("utf-8", "replace").rstrip("\r")
