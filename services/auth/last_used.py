"""When keys were last used: remembered at once, written every few seconds, so that no request waits for a commit."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.auth.store import Store
from services.clock import Clock
from services.errors import ChatmountError

logger = logging.getLogger("chatmount.auth")

FLUSH_SECONDS = 3.0


class LastUsed:
    """A buffer in front of the store; it holds one number for each key that was used since the last write."""

    def __init__(self, store: Store, clock: Clock, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._store = store
        self._clock = clock
        self._flush_seconds = flush_seconds
        self._pending: dict[str, int] = {}
        self._writing = asyncio.Lock()

    def mark(self, key_id: str) -> None:
        """The key was used now."""
        self._pending[key_id] = int(self._clock() * 1000)

    async def flush(self) -> None:
        """Returns when every use marked so far is in the store. What can't be written now stays for the next time."""
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
        """Writes every few seconds while it is open, and once more when it closes."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self._try_flush()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._flush_seconds)
            await self._try_flush()

    async def _try_flush(self) -> None:
        try:
            await self.flush()
        except ChatmountError as error:
            logger.warning("last use of %d keys is not written yet: %s", len(self._pending), error.text)
        except Exception:
            # Telling when a key was used is not worth a service that stops doing so for good.
            logger.exception("last use of %d keys could not be written", len(self._pending))
