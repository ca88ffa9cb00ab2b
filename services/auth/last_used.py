"""The last use of things: written every few seconds, so that no request waits for a commit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from services.clock import Clock, now_ms
from services.tasks import Tasks

Thing = TypeVar("Thing", bound=Hashable)

FLUSH_SECONDS = 3.0


class LastUsed(Generic[Thing]):
    """A buffer with a time for each thing used since the last write."""

    def __init__(
        self,
        write: Callable[[Mapping[Thing, int]], Awaitable[None]],
        clock: Clock,
        task: str,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        """`write` stores times, in Unix milliseconds; `task` says so in the log."""
        self._write = write
        self._clock = clock
        self._task = task
        self._flush_seconds = flush_seconds
        self._pending: dict[Thing, int] = {}
        self._writing = asyncio.Lock()

    def mark(self, thing: Thing) -> None:
        """It was used now."""
        self._pending[thing] = now_ms(self._clock)

    async def flush(self) -> None:
        """Write every use marked so far. What can't be written now stays for the next time."""
        async with self._writing:
            if not self._pending:
                return
            writing, self._pending = self._pending, {}
            try:
                await self._write(writing)
            except BaseException:
                self._pending = writing | self._pending
                raise

    @asynccontextmanager
    async def flushing(self) -> AsyncIterator[None]:
        """Write every few seconds within the block, and once more at its end."""
        async with Tasks() as tasks:
            tasks.every(self._flush_seconds, self.flush, self._task)
            try:
                yield
            finally:
                # As a task, whose failure is logged: it must not keep the process from its end.
                await asyncio.wait([tasks.start(self.flush(), self._task)])
