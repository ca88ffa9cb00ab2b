"""How long conversations are kept, and the sweep that deletes what is over."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from services.clock import Clock

logger = logging.getLogger("chatmount.chat")

SWEEP_SECONDS = 600.0
BETWEEN_BATCHES_SECONDS = 0.1
_DAY_MS = 86_400_000


class Retention:
    """Sessions end `days` after their last message, on the dot; the sweep only takes them away later."""

    def __init__(self, days: int, clock: Clock) -> None:
        self._kept_ms = days * _DAY_MS
        self._clock = clock

    def now_ms(self) -> int:
        """Unix milliseconds, UTC."""
        return int(self._clock() * 1000)

    def since_ms(self) -> int:
        """Sessions whose last message is older than this are over. Unix milliseconds, UTC."""
        return self.now_ms() - self._kept_ms


Sweep = Callable[[int], Awaitable[int]]
"""Deletes a batch of what was last used before a time; returns how much, 0 when there is none left."""


@asynccontextmanager
async def sweeping(
    what: str, sweep: Sweep, since_ms: Callable[[], int], interval: float = SWEEP_SECONDS
) -> AsyncIterator[None]:
    """Deletes what is over at once and then every `interval` seconds, while the block runs."""

    async def run() -> None:
        while True:
            try:
                deleted = 1
                while deleted:
                    deleted = await sweep(since_ms())
                    await asyncio.sleep(BETWEEN_BATCHES_SECONDS)
            except Exception:
                logger.exception("old %s could not be deleted; the next sweep tries again", what)
            await asyncio.sleep(interval)

    task = asyncio.create_task(run(), name=f"sweep of {what}")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
