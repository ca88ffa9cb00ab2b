"""Equal requests in one process go one after the other: while one is at it, the others need not ask the store."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.chat.idempotency.identity import Identity


class Turns:
    """A lock for each request, as long as there is somebody to wait for it."""

    def __init__(self) -> None:
        self._locks: dict[Identity, asyncio.Lock] = {}
        self._interested: Counter[Identity] = Counter()

    @asynccontextmanager
    async def of(self, identity: Identity) -> AsyncIterator[None]:
        """The block runs for one of the equal requests at a time, in the order in which they came."""
        lock = self._locks.setdefault(identity, asyncio.Lock())
        self._interested[identity] += 1
        try:
            async with lock:
                yield
        finally:
            self._interested[identity] -= 1
            if not self._interested[identity]:
                del self._interested[identity], self._locks[identity]
