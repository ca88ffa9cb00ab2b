"""Keeps one process running: started again when it ends, at once at first, ever more slowly when it keeps ending."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from enum import Enum
from typing import Any

from services.cli.up.child import Child, OnLine, describe_end, start_child

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
# Who ran so long is well again: its next end counts as the first.
STABLE_SECONDS = 30.0


class StartFailed(Exception):
    """A process ended by itself before it was ready; the text says which, how, and its last words."""


class _State(Enum):
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class Supervisor:
    """One supervised process.

    Until `mark_ready` an exit with a code is final, because a setting that can't be used does not get better by
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
        self._child: Child | None = None
        self._last_line = ""
        self._task = asyncio.create_task(self._run())

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return self._child.pid if self._child else None

    def mark_ready(self) -> None:
        """From now on it is started again however it ends."""
        self._state = _State.READY

    def restart(self, why: str) -> None:
        """Kills a process that hangs, which is then started again. Without effect during a start and a stop."""
        if self._state is _State.READY and self._child:
            self._log(f"{self.name} {why}; killing it")
            self._child.kill()

    async def become_ready(self, ready: Coroutine[Any, Any, None]) -> None:
        """Returns when `ready` does; StartFailed when the process gives up before."""
        waiting, failed = asyncio.create_task(ready), asyncio.create_task(self.failed())
        try:
            await asyncio.wait([waiting, failed], return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                await failed
            await waiting
            self.mark_ready()
        finally:
            for task in (waiting, failed):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, StartFailed):
                    await task

    async def failed(self) -> None:
        """Returns never; StartFailed when the process gave up before it was ready."""
        await asyncio.shield(self._task)
        await asyncio.Event().wait()

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
        done, _ = await asyncio.wait([self._task], timeout=patience)
        if not done:
            self._log(f"{self.name} does not stop; killing it")
            self.kill()
            await asyncio.wait([self._task])
        # Whoever waited for it to become ready was told; asyncio would tell once more, with a traceback.
        self._task.exception()

    def kill(self) -> None:
        """Ends the process now, for good."""
        self._state = _State.STOPPING
        self._stop.set()
        if self._child:
            self._child.kill()

    async def _run(self) -> None:
        endings = 0
        while not self._stop.is_set():
            started = self._clock()
            ending = await self._run_once()
            if self._stop.is_set():
                return
            endings = 1 if self._clock() - started >= STABLE_SECONDS else endings + 1
            pause = min(FIRST_PAUSE * 2 ** (endings - 1), LONGEST_PAUSE)
            self._log(f"{self.name} {ending}; starting it again in {pause:g} s")
            await self._pause(pause)

    async def _run_once(self) -> str:
        try:
            self._child = await start_child(self._command, self._environment, self._heard)
        except OSError as error:
            # Out of memory or of processes: that passes.
            return f"could not be started ({error.strerror})"
        if self._stop.is_set():
            self._child.kill()  # `stop` came while it was being started and could not reach it
        code = await self._child.wait()
        self._child = None
        if self._state is _State.STARTING and code >= 0:
            raise StartFailed(f"{self.name} could not start: {self._last_line or describe_end(code)}")
        return describe_end(code)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return

    def _heard(self, line: str) -> None:
        if line.strip():
            self._last_line = line.strip()
        self._on_line(line)
