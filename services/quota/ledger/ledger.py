"""The ledger's one writer: operations that arrive while a transaction is being made durable share the next one.

A durable commit waits several milliseconds for the disk, however much it commits. Alone in its transaction each
operation would wait for all the commits before it; so it waits for two at most.
"""

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from services.clock import Clock, system_clock
from services.errors import ChatmountError, Text, refusal
from services.quota.ledger.entry import Entry, Owner
from services.quota.ledger.operations import Operation, Release
from services.quota.metrics import LEDGER_BATCH_SIZE, LEDGER_COMMIT_SECONDS, LEDGER_WAITING

logger = logging.getLogger("chatmount.quota")

MAXIMUM_SHARED = 256
MAXIMUM_WAITING = 10_000

Outcome = TypeVar("Outcome")


class Store(Protocol):
    """Where the ledger is kept."""

    async def apply(self, operations: list[Operation[Any]], now: float) -> list[Any]:
        """See `LedgerStore.apply`."""
        ...


@dataclass(slots=True)
class _Waiting:
    operation: Operation[Any]
    outcome: asyncio.Future[Any]


class Ledger:
    """Does operations durably, many to a transaction. `shared=1` gives each a transaction of its own."""

    def __init__(self, store: Store, clock: Clock = system_clock, shared: int = MAXIMUM_SHARED) -> None:
        self._store = store
        self._clock = clock
        self._shared = shared
        self._queue: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._closing = False
        self._writer = asyncio.create_task(self._write(), name="ledger writer")

    async def run(self, operation: Operation[Outcome]) -> Outcome:
        """Returns once the operation is durable.

        ChatmountError: its refusal; UNAVAILABLE when the store is away or this is closing, OVERLOADED when too many
        wait. A caller that leaves before its operation began withdraws it; a reservation made for a caller that has
        left is given back, unless its id is the caller's own, who may ask again for it or release it.
        """
        if self._closing:
            raise refusal(Text.UNAVAILABLE)
        if len(self._queue) >= MAXIMUM_WAITING:
            raise refusal(Text.OVERLOADED)
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(operation, outcome))
        LEDGER_WAITING.set(len(self._queue))
        self._arrived.set()
        return await outcome

    async def close(self) -> None:
        """Does what is waiting, then stops."""
        self._closing = True
        self._arrived.set()
        await self._writer

    async def _write(self) -> None:
        while self._queue or not self._closing:
            if not self._queue:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            batch: list[_Waiting] = []
            while self._queue and len(batch) < self._shared:
                waiting = self._queue.popleft()
                if not waiting.outcome.cancelled():
                    batch.append(waiting)
            LEDGER_WAITING.set(len(self._queue))
            if batch:
                await self._commit(batch)

    async def _commit(self, batch: list[_Waiting]) -> None:
        LEDGER_BATCH_SIZE.observe(len(batch))
        try:
            with LEDGER_COMMIT_SECONDS.time():
                outcomes = await self._store.apply([waiting.operation for waiting in batch], self._clock())
        except ChatmountError as refusal:
            outcomes = [refusal] * len(batch)
        except Exception as error:
            if len(batch) > 1:
                # One operation must not be able to fail its neighbours: each tries again on its own.
                logger.warning("a shared transaction failed: %s", type(error).__name__)
                for waiting in batch:
                    await self._commit([waiting])
                return
            outcomes = [error] * len(batch)
        for waiting, outcome in zip(batch, outcomes, strict=True):
            self._tell(waiting, outcome)

    def _tell(self, waiting: _Waiting, outcome: Any) -> None:
        if not waiting.outcome.cancelled():
            if isinstance(outcome, Exception):
                waiting.outcome.set_exception(outcome)
            else:
                waiting.outcome.set_result(outcome)
        elif isinstance(outcome, Entry) and waiting.operation.reservation_id is None:
            nobody: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            nobody.add_done_callback(_forget)
            owner = Owner(outcome.account_id, outcome.chatbot_id, outcome.api_key_id, outcome.channel)
            self._queue.append(_Waiting(Release(owner, outcome.id), nobody))


def _forget(outcome: asyncio.Future[None]) -> None:
    # The sweep gives back what could not be given back here.
    with contextlib.suppress(asyncio.CancelledError):
        outcome.exception()
