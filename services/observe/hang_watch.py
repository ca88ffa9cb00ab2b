"""Ends this process when its event loop hangs, so that something outside can start it again.

The watch is a thread of C that needs no Python lock: code that never gives the lock back is noticed as well.
"""

import asyncio
import faulthandler
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PATIENCE_SECONDS = 30.0
RENEWALS = 10
"""How often the watch is put off within its patience."""


@asynccontextmanager
async def ending_when_hung(patience: float = PATIENCE_SECONDS) -> AsyncIterator[None]:
    """Within it a loop that does not run for `patience` seconds ends the process with exit code 1.

    Standard error then holds `Timeout (0:00:30)!` and what every thread was doing: files, lines and functions, no
    values. There is one such watch in a process.
    """
    renewing = asyncio.create_task(_renew(patience), name="hang watch")
    try:
        yield
    finally:
        renewing.cancel()
        faulthandler.cancel_dump_traceback_later()


async def _renew(patience: float) -> None:
    while True:
        faulthandler.dump_traceback_later(patience, exit=True)
        await asyncio.sleep(patience / RENEWALS)
