"""Turns what keeps a database from working into a refusal, and into a line of the log now and then."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.database.refusals import DamagedDatabase, describe, is_damaged, is_passing, unavailable
from services.errors import ChatmountError

logger = logging.getLogger("chatmount.database")

QUIET_SECONDS = 5.0
# A damaged file does not get better by itself: somebody must do something.
DAMAGE_QUIET_SECONDS = 600.0
DAMAGE_RETRY_AFTER = 60


class Troubles:
    """A disk that is full fails every request: the log says so every few seconds, and not each time."""

    def __init__(self, file: str = "") -> None:
        """`file`: of SQLite."""
        self._file = file
        self._told = float("-inf")
        self._told_damage = float("-inf")

    @asynccontextmanager
    async def told(self) -> AsyncIterator[None]:
        """UNAVAILABLE in place of errors that may pass; all others come through as they are."""
        try:
            yield
        except ChatmountError:
            raise
        except Exception as error:
            if is_damaged(error):
                damaged = DamagedDatabase(self._file, error)
                self._tell_damage(damaged)
                raise unavailable(DAMAGE_RETRY_AFTER) from damaged
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

    def _tell_damage(self, damaged: DamagedDatabase) -> None:
        now = time.monotonic()
        if now - self._told_damage >= DAMAGE_QUIET_SECONDS:
            self._told_damage = now
            logger.error("%s.", damaged)
