"""Ends this process when its event loop hangs, so that something outside can start it again.

The watch is a thread of C that needs no Python lock: code that never gives the lock back is noticed as well.
"""

import faulthandler
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.tasks import Tasks

PATIENCE_SECONDS = 30.0
RENEWALS = 10
"""How often the watch is put off within its patience."""


@asynccontextmanager
async def ending_when_hung(patience: float = PATIENCE_SECONDS) -> AsyncIterator[None]:
    """End the process, with exit code 1, when its loop does not run for `patience` seconds.

    Standard error then holds `Timeout (0:00:30)!` and what every thread was doing: files, lines and functions, no
    values. There is one such watch in a process.
    """

    async def renew() -> None:
        faulthandler.dump_traceback_later(patience, exit=True)

    try:
        # At once, and not in the loop's next turn: that may be the one that hangs.
        await renew()
        async with Tasks() as tasks:
            tasks.every(patience / RENEWALS, renew, "the hang watch")
            yield
    finally:
        faulthandler.cancel_dump_traceback_later()
