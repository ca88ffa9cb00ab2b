"""A circuit breaker: a failing endpoint is passed over until a probe succeeds."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from services.retrieval.embedders.embedder import EmbedderRefused, EmbedderUnavailable
from services.retrieval.metrics import EMBEDDER_AWAY
from services.tasks import Tasks

logger = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
"""Seconds between two probes: the pause doubles from the first to the longest, or is what the endpoint asks for."""


class Breaker:
    """Open from `trip` until `probe` returns True.

    An EmbedderUnavailable of `probe` means that the endpoint is not well.
    """

    def __init__(
        self, probe: Callable[[], Awaitable[bool]], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._probe = probe
        self._sleep = sleep
        self._tasks = Tasks()
        self.is_open = False
        """Whether the endpoint is passed over."""

    def trip(self, failure: EmbedderUnavailable) -> None:
        """Open it, unless it is open."""
        if not self.is_open:
            # A wrong key or address does not pass by itself.
            level = logging.ERROR if isinstance(failure, EmbedderRefused) else logging.WARNING
            logger.log(level, "Searching by words alone until the embedder is back: %s", failure)
            EMBEDDER_AWAY.inc()
            self.is_open = True
            # Also of a task that was cancelled before it began.
            self._tasks.start(self._until_well(failure.retry_after), "probing").add_done_callback(self._shut)

    async def close(self) -> None:
        """End probing."""
        await self._tasks.close()

    async def _until_well(self, asked: float | None) -> None:
        pause = FIRST_PAUSE
        while True:
            await self._sleep(min(LONGEST_PAUSE, max(pause, asked or 0.0)))
            pause, asked = 2 * pause, None
            try:
                if await self._probe():
                    logger.info("The embedder is back: searching by meaning again.")
                    return
            except EmbedderUnavailable as failure:
                asked = failure.retry_after
            except Exception:  # nothing else looks whether the endpoint is back
                logger.exception("probing the embedder failed; it is tried again")

    def _shut(self, _: asyncio.Task[None]) -> None:
        self.is_open = False
        EMBEDDER_AWAY.dec()
