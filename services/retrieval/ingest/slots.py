"""The number of sources that are indexed at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

AT_ONCE = 8
"""Sources at the same time: they fill batches of texts of one length; more would only wait for the processors."""

QUEUED_AT_ONCE = 6
"""Of those, sources that no caller waits for."""

SMALL_BYTES = 4 * 1024
SMALL_AT_ONCE = 24
"""Of sources with a handful of sentences more are needed for that, and to share commits."""


class IndexingSlots:
    """Slots for sources that are being indexed."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(AT_ONCE)
        self._queued = asyncio.Semaphore(QUEUED_AT_ONCE)
        self._small = asyncio.Semaphore(SMALL_AT_ONCE)

    @asynccontextmanager
    async def one(self, size: int, *, is_queued: bool) -> AsyncIterator[None]:
        """Hold a slot for content of `size` bytes. `is_queued`: no caller waits for it."""
        async with AsyncExitStack() as stack:
            if is_queued and size > SMALL_BYTES:
                await stack.enter_async_context(self._queued)
            await stack.enter_async_context(self._small if size <= SMALL_BYTES else self._all)
            yield
