"""Turns what keeps a database from working into a refusal, and into a line of the log now and then."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.database.refusals import describe, is_passing, unavailable
from services.errors import ChatmountError

logger = logging.getLogger("chatmount.database")

QUIET_SECONDS = 5.0


class Troubles:
    """A disk that is full fails every request: the log says so every few seconds, and not each time."""

    def __init__(self) -> None:
        self._told = float("-inf")

    @asynccontextmanager
    async def told(self) -> AsyncIterator[None]:
        """UNAVAILABLE in place of errors that may pass; all others come through as they are."""
        try:
            yield
        except ChatmountError:
            raise
        except Exception as error:
            if not is_passing(error):
                raise
            self.tell(error)
            raise unavailable() from error

    def tell(self, error: BaseException) -> None:
        """Logs it, unless there was something to log a moment ago."""
        now = time.monotonic()
        if now - self._told >= QUIET_SECONDS:
            self._told = now
            logger.warning("The database refused: %s", describe(error))
