"""Background work that begins inside a block and is over when the block is."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Self, TypeVar

from services.errors import ChatmountError

logger = logging.getLogger("chatmount.tasks")

Result = TypeVar("Result")


class Tasks:
    """Tasks that are cancelled and awaited when their block is left, however it is left.

    `async with Tasks() as tasks: tasks.every(5, sweep)`. `finishes`: they are awaited only, for short work that is to
    come to its end. An owner without a block calls `close`.
    """

    def __init__(self, *, finishes: bool = False) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._finishes = finishes

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the tasks and return when they have ended."""
        for task in () if self._finishes else self._running:
            task.cancel()
        # A task that fails while it is being ended says so in the log, like any other.
        await asyncio.gather(*self._running, return_exceptions=True)

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Begins `work`, which may end by itself. Its exception is logged under `name`."""
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._end)
        return task

    async def outlast(self, work: Coroutine[Any, Any, Result], name: str) -> Result:
        """The result of `work`, which goes on to its end when its caller leaves.

        What then fails unexpectedly is logged under `name`.
        """
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_log_unexpected)
            raise

    def every(
        self, seconds: float, work: Callable[[], Awaitable[object]], name: str, *, at_once: bool = False
    ) -> asyncio.Task[Any]:
        """Repeats `work`, with `seconds` between an end and the next beginning.

        `at_once`: the first time is now.

        A failure is logged, and tried again in its turn.
        """
        return self.start(_repeat(seconds, work, name, at_once), name)

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("%s ended with an error", task.get_name(), exc_info=error)


def _log_unexpected(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, ChatmountError):
        logger.error("%s ended with an error", task.get_name(), exc_info=error)


async def wait_at_most(seconds: float | None, event: asyncio.Event) -> None:
    """Return when the event is set, or after so many seconds; None: without a limit."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _repeat(seconds: float, work: Callable[[], Awaitable[object]], name: str, at_once: bool) -> None:
    if not at_once:
        await asyncio.sleep(seconds)
    is_refused = False
    while True:
        try:
            await work()
            is_refused = False
        except ChatmountError as error:
            # Once in an outage: what is away logs by itself that it is.
            logger.log(
                logging.DEBUG if is_refused else logging.WARNING,
                "%s can't be done now and is tried again: %s",
                name,
                error.text,
            )
            is_refused = True
        except Exception:
            # One failure must not end all that would come after it.
            logger.exception("%s failed and is tried again", name)
        await asyncio.sleep(seconds)
