"""The last use of keys: written every few seconds, so that no request waits for a commit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.auth.store import AuthStore
from services.clock import Clock, now_ms
from services.tasks import Tasks

FLUSH_SECONDS = 3.0
TASK = "writing when keys were last used"


class LastUsed:
    """A buffer in front of the store, with a time for each key used since the last write."""

    def __init__(self, store: AuthStore, clock: Clock, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._store = store
        self._clock = clock
        self._flush_seconds = flush_seconds
        self._pending: dict[str, int] = {}
        self._writing = asyncio.Lock()

    def mark(self, key_id: str) -> None:
        """The key was used now."""
        self._pending[key_id] = now_ms(self._clock)

    async def flush(self) -> None:
        """Write every use marked so far. What can't be written now stays for the next time."""
        async with self._writing:
            if not self._pending:
                return
            writing, self._pending = self._pending, {}
            try:
                await self._store.mark_used(writing)
            except BaseException:
                self._pending = writing | self._pending
                raise

    @asynccontextmanager
    async def flushing(self) -> AsyncIterator[None]:
        """Write every few seconds within the block, and once more at its end."""
        async with Tasks() as tasks:
            tasks.every(self._flush_seconds, self.flush, TASK)
            try:
                yield
            finally:
                # As a task, whose failure is logged: it must not keep the process from its end.
                await asyncio.wait([tasks.start(self.flush(), TASK)])
