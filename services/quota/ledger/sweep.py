"""Gives back reservations that nobody settled or released in time: after a crash, a lost reply, a caller that left."""

import asyncio
import contextlib
import logging
from typing import Protocol

from services.clock import Clock, system_clock
from services.errors import ChatmountError

logger = logging.getLogger("chatmount.quota")

INTERVAL_SECONDS = 5.0


class Store(Protocol):
    """Where the ledger is kept."""

    async def sweep(self, now: float) -> int:
        """See `LedgerStore.sweep`."""
        ...


class Sweeper:
    """A task that sweeps every `interval` seconds until it is closed. Any number of replicas may sweep one store."""

    def __init__(self, store: Store, clock: Clock = system_clock, interval: float = INTERVAL_SECONDS) -> None:
        self._store = store
        self._clock = clock
        self._interval = interval
        self._closing = asyncio.Event()
        self._task = asyncio.create_task(self._sweep_until_closed(), name="ledger sweep")

    async def close(self) -> None:
        """Stops, after the sweep that is running."""
        self._closing.set()
        await self._task

    async def _sweep_until_closed(self) -> None:
        while not self._closing.is_set():
            try:
                await self._sweep()
            except ChatmountError:
                pass  # the store has logged what keeps it from working
            except Exception as error:
                logger.warning("the sweep failed and will be tried again: %s", type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._interval)

    async def _sweep(self) -> None:
        while expired := await self._store.sweep(self._clock()):
            logger.info("gave back %d reservations whose time was over", expired)
