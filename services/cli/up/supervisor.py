"""Keeps one process running, with longer and longer pauses when it keeps ending."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from enum import Enum

from services.cli.calls.health import POLL_SECONDS
from services.cli.failures import CommandFailed
from services.cli.up.child import Child, OnLine, describe_end, start_child
from services.tasks import wait_at_most

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
# After running this long, its next end counts as the first.
STABLE_SECONDS = 30.0


class StartFailed(CommandFailed):
    """A process ended before it was ready; the text has its name and its last line."""


class _State(Enum):
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class Supervisor:
    """One supervised process, which runs as long as `run` does.

    Until it is ready an exit with a code is final, because a setting that can't be used does not get better by
    trying; a process that was killed is started again in any case.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        on_line: OnLine,
        log: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_line` gets what the process prints, `log` what there is to say about it."""
        self.name = name
        self._command = command
        self._environment = environment
        self._on_line = on_line
        self._log = log
        self._clock = clock
        self._state = _State.STARTING
        self._stop = asyncio.Event()
        self._ended = asyncio.Event()
        self._news = asyncio.Event()
        self._failure: StartFailed | None = None
        self._child: Child | None = None
        self._last_line = ""

    @property
    def pid(self) -> int | None:
        """The id of the process that runs now."""
        return self._child.pid if self._child else None

    async def run(self) -> None:
        """Runs until it is stopped, or until the process gives up before it is ready."""
        endings = 0
        try:
            while not self._stop.is_set():
                started = self._clock()
                ending = await self._run_once()
                if self._stop.is_set() or self._failure:
                    return
                endings = 1 if self._clock() - started >= STABLE_SECONDS else endings + 1
                pause = min(FIRST_PAUSE * 2 ** (endings - 1), LONGEST_PAUSE)
                self._log(f"{self.name} {ending}; starting it again in {pause:g} s")
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), pause)
        finally:
            self._ended.set()
            self._news.set()

    async def become_ready(self, is_ready: Callable[[], Awaitable[bool]], pause: float = POLL_SECONDS) -> None:
        """Returns when the process is ready; from then on it is started again however it ends.

        It is asked whenever it has said something, and after a `pause` of so many seconds. StartFailed when it gives up
        before.
        """
        while not await is_ready():
            if self._failure:
                raise self._failure
            if self._ended.is_set():
                raise StartFailed(f"{self.name} is not watched any more; the log says why.")
            await wait_at_most(pause, self._news)
            self._news.clear()
        self._state = _State.READY

    def restart(self, why: str) -> None:
        """Kills a process that hangs, to start it again. No effect during a start and a stop."""
        if self._state is _State.READY and self._child:
            self._log(f"{self.name} {why}; killing it")
            self._child.kill()

    async def stop(self, patience: float, *, nobody_calls: bool = False) -> None:
        """Asks the process to stop, and ends it after `patience` seconds.

        `nobody_calls`: a service need not give others time to see that it is leaving.
        """
        self._state = _State.STOPPING
        self._stop.set()
        if self._child:
            self._child.terminate()
            if nobody_calls:
                self._child.hurry()
        try:
            async with asyncio.timeout(patience):
                await self._ended.wait()
        except TimeoutError:
            self._log(f"{self.name} does not stop; killing it")
            self.kill()
            await self._ended.wait()

    def kill(self) -> None:
        """Ends the process now, for good."""
        self._state = _State.STOPPING
        self._stop.set()
        if self._child:
            self._child.kill()

    async def _run_once(self) -> str:
        try:
            self._child = await start_child(self._command, self._environment)
        except OSError as error:
            # Out of memory or of processes: that passes.
            return f"could not be started ({error.strerror})"
        if self._stop.is_set():
            self._child.kill()  # `stop` came while it was being started and could not reach it
        code = await self._child.wait(self._heard)
        self._child = None
        if self._state is _State.STARTING and code >= 0:
            self._failure = StartFailed(f"{self.name} could not start: {self._last_line or describe_end(code)}")
        return describe_end(code)

    def _heard(self, line: str) -> None:
        if line.strip():
            self._last_line = line.strip()
        self._news.set()
        self._on_line(line)
