"""Outages: while the database is away, callers are refused at once instead of each waiting."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from services.database.refusals import describe, is_alive, unavailable
from services.tasks import Tasks

logger = logging.getLogger("chatmount.database")

PROBE_SECONDS = 0.2
# One broken connection is no outage. How long callers wait for the first probe to tell the two apart.
DOUBT_SECONDS = 0.1


class Outage:
    """An outage begins with a reported failure and ends when the repeated `probe` succeeds."""

    def __init__(self, probe: Callable[[], Awaitable[None]]) -> None:
        self._probe = probe
        self._over = asyncio.Event()
        self._over.set()
        self._began = 0.0
        self._why = ""
        self._tasks = Tasks()
        self._closed = False
        self.count = 0

    async def pass_or_refuse(self) -> None:
        """Returns at once when all is well. UNAVAILABLE during an outage."""
        if self._over.is_set():
            return
        doubt = self._began + DOUBT_SECONDS - time.monotonic()
        if doubt > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(doubt):
                    await self._over.wait()
                    return
        raise unavailable() from ConnectionError(self._why)

    def begin(self, why: str) -> None:
        """The database did not answer, or is gone."""
        if self._closed or not self._over.is_set():
            return
        self._over.clear()
        self._began = time.monotonic()
        self._why = why
        self.count += 1
        self._tasks.start(self._probe_until_over(), "the probe of the database")

    async def close(self) -> None:
        """Stops probing."""
        self._closed = True
        await self._tasks.close()

    async def _probe_until_over(self) -> None:
        was_logged = False
        while True:
            try:
                await self._probe()
                break
            except Exception as error:  # whatever keeps it from answering, the next probe asks again
                if is_alive(error):
                    break
                self._why = describe(error)
                if not was_logged:
                    was_logged = True
                    logger.warning("The database is away; requests are refused until it is back: %s", self._why)
                await asyncio.sleep(PROBE_SECONDS)
        self._over.set()
        if was_logged:
            logger.warning("The database is back after %.1f s.", time.monotonic() - self._began)
        else:
            logger.warning("A connection to the database was lost; others work: %s", self._why)
