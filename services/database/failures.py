"""What keeps a database from working, as a refusal to callers and as a line of the log."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.database.refusals import describe, is_damaged, is_passing, unavailable
from services.errors import ChatmountError
from services.sqlite_files import DamagedDatabase

logger = logging.getLogger("chatmount.database")

QUIET_SECONDS = 5.0
# A damaged file does not get better by itself: somebody must do something.
DAMAGE_QUIET_SECONDS = 600.0
DAMAGE_RETRY_AFTER = 60


class Failures:
    """The failures of one database: a full disk fails every request, and is logged now and then."""

    def __init__(self, file: str = "") -> None:
        """`file`: of SQLite."""
        self._file = file
        self._quiet_until = {logging.WARNING: 0.0, logging.ERROR: 0.0}

    @asynccontextmanager
    async def refused(self) -> AsyncIterator[None]:
        """UNAVAILABLE in place of errors that may pass; all others come through as they are."""
        try:
            yield
        except ChatmountError:
            raise
        except Exception as error:
            if is_damaged(error):
                damaged = DamagedDatabase(self._file, describe(error))
                self._log(logging.ERROR, f"{damaged}.", DAMAGE_QUIET_SECONDS)
                raise unavailable(DAMAGE_RETRY_AFTER) from damaged
            if not is_passing(error):
                raise
            self._log(logging.WARNING, f"The database refused: {describe(error)}", QUIET_SECONDS)
            raise unavailable() from error

    def _log(self, level: int, line: str, quiet_seconds: float) -> None:
        now = time.monotonic()
        if now >= self._quiet_until[level]:
            self._quiet_until[level] = now + quiet_seconds
            logger.log(level, "%s", line)
