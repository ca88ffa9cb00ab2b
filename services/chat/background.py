"""Work that outlives the call that caused it: releases, and turns whose client has left."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from services.chat.metrics import BACKGROUND_FAILURES, BACKGROUND_JOBS
from services.errors import ChatmountError

logger = logging.getLogger("chatmount.chat")

T = TypeVar("T")

MAXIMUM_JOBS = 10_000
# How often a store that is away is asked.
PAUSES = (0.1, 0.3, 1.0, 3.0)
LONGEST_PAUSES = 20


class BackgroundWork:
    """Jobs that run to their end, whatever becomes of the call.

    One sees the principal and request id of its call.
    """

    def __init__(self, maximum_jobs: int = MAXIMUM_JOBS) -> None:
        self._maximum = maximum_jobs
        self._jobs: set[asyncio.Task[None]] = set()
        self._blocks = 0
        self._idle: asyncio.Event | None = None

    def start(self, name: str, job: Coroutine[Any, Any, object]) -> "asyncio.Future[None]":
        """Starts a job; what is returned is done when the job is over.

        Its failure is logged, not raised. A job too many is dropped.
        """
        if len(self._jobs) >= self._maximum:
            job.close()
            BACKGROUND_FAILURES.inc()
            logger.error("dropped: %s (%d jobs are waiting already)", name, len(self._jobs))
            dropped = asyncio.get_running_loop().create_future()
            dropped.set_result(None)
            return dropped
        task = asyncio.create_task(self._run(name, job), name=name)
        self._jobs.add(task)
        BACKGROUND_JOBS.inc()
        task.add_done_callback(self._done)
        return task

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """A block that may start jobs at its end, as a call does that was cut off.

        `drain` waits for it.
        """
        self._blocks += 1
        try:
            yield
        finally:
            self._blocks -= 1
            self._tell_if_idle()

    async def drain(self, seconds: float) -> None:
        """Waits until the jobs are done, and those still to come, at most `seconds`.

        What is left then is given up.
        """
        # A server that was stopped has cancelled its calls, but not waited for what they do about it.
        self._idle = asyncio.Event()
        self._tell_if_idle()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)
        left = set(self._jobs)
        for task in left:
            logger.warning("given up at the stop: %s", task.get_name())
            task.cancel()
        if left:
            await asyncio.wait(left)

    def _tell_if_idle(self) -> None:
        if self._idle is not None and not self._jobs and not self._blocks:
            self._idle.set()

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._jobs.discard(task)
        self._tell_if_idle()
        BACKGROUND_JOBS.dec()
        if task.cancelled():
            BACKGROUND_FAILURES.inc()

    @staticmethod
    async def _run(name: str, job: Coroutine[Any, Any, object]) -> None:
        try:
            await job
        except Exception:
            BACKGROUND_FAILURES.inc()
            logger.exception("failed: %s", name)


async def insist(step: Callable[[], Awaitable[T]]) -> T:
    """The result of a step, tried until the store that it needs is there.

    Its `ChatmountError` after a minute.
    """
    for pause in (*PAUSES, *PAUSES[-1:] * LONGEST_PAUSES):
        try:
            return await step()
        except ChatmountError:
            await asyncio.sleep(pause)
    return await step()
