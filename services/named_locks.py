"""A lock per name."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Turns:
    """A lock for every name that is in use."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, asyncio.Lock] = {}
        self._waiting: Counter[Hashable] = Counter()

    @asynccontextmanager
    async def of(self, name: Hashable) -> AsyncIterator[None]:
        """Hold the lock of a name."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._waiting[name] += 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                del self._waiting[name], self._locks[name]

    def is_in_use(self, name: Hashable) -> bool:
        """Whether a task holds the lock of a name, or waits for it."""
        return name in self._waiting

    def has_waiters(self, name: Hashable) -> bool:
        """Whether a task waits for the lock of a name."""
        return self._waiting.get(name, 0) > 1
