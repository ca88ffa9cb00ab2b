"""Numbers that are written every few seconds, so that no request waits for a commit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from services.tasks import Tasks

Thing = TypeVar("Thing", bound=Hashable)

FLUSH_SECONDS = 3.0


class Buffer(Generic[Thing]):
    """A number for each thing that was named since the last write."""

    def __init__(
        self,
        write: Callable[[Mapping[Thing, int]], Awaitable[None]],
        join: Callable[[int, int], int],
        task: str,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        """`join` makes one number of two for one thing; `task` says in the log what is written."""
        self._write = write
        self._join = join
        self._task = task
        self._flush_seconds = flush_seconds
        self._pending: dict[Thing, int] = {}
        self._writing = asyncio.Lock()
        self._finishing = Tasks(finishes=True)

    def put(self, thing: Thing, number: int) -> None:
        """A number for this thing."""
        before = self._pending.get(thing)
        self._pending[thing] = number if before is None else self._join(before, number)

    async def flush(self) -> None:
        """Write every number so far. What can't be written now stays for the next time."""
        # A caller who left in a commit could not know what became of it, and would have numbers written twice.
        await self._finishing.outlast(self._flush(), self._task)

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
        await self._finishing.close()

    async def _flush(self) -> None:
        async with self._writing:
            if not self._pending:
                return
            writing, self._pending = self._pending, {}
            try:
                await self._write(writing)
            except BaseException:
                for thing, number in writing.items():
                    self.put(thing, number)
                raise
