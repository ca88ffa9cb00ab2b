"""How long conversations are kept, and the sweep that deletes what is over."""

import asyncio
from collections.abc import Awaitable, Callable

from services.clock import Clock, now_ms

SWEEP_SECONDS = 600.0
BETWEEN_BATCHES_SECONDS = 0.1
_DAY_MS = 86_400_000


class Retention:
    """The end of sessions: `days` after their last message, on the dot.

    The sweep only takes them away later.
    """

    def __init__(self, days: int, clock: Clock) -> None:
        self._kept_ms = days * _DAY_MS
        self._clock = clock

    def now_ms(self) -> int:
        """Unix milliseconds, UTC."""
        return now_ms(self._clock)

    def since_ms(self) -> int:
        """Sessions whose last message is older than this are over. Unix milliseconds, UTC."""
        return self.now_ms() - self._kept_ms


async def sweep(delete: Callable[[int], Awaitable[int]], since_ms: Callable[[], int]) -> None:
    """Deletes all that was last used before a time.

    `delete` takes a batch, and returns 0 when none is left.
    """
    deleted = 1
    while deleted:
        deleted = await delete(since_ms())
        await asyncio.sleep(BETWEEN_BATCHES_SECONDS)
