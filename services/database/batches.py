"""Work that waits for a commit at the same time shares the next one.

A durable commit waits several milliseconds for the disk, however much it holds. One after the other, a dozen that
arrive at once would wait for each other's commits; this way each waits for two at most.

A commit takes CPU time as well, several times that of what it holds. In a rush it waits a little for more to share it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from services.errors import ChatmountError, Reason, Text, refusal
from services.tasks import wait_at_most

MAXIMUM_WAITING = 10_000
# A rush: so many items within so many seconds, which are more than some streams begin.
RUSH_ITEMS, RUSH_SECONDS = 8, 0.06
# For so long, or until so many are there, a commit waits in a rush. More would hardly make an item cheaper.
COMPANY_SECONDS, COMPANY_ITEMS = 0.01, 8

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Item, Outcome]):
    item: Item
    outcome: asyncio.Future[Outcome] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    has_begun: bool = False
    was_repeated: bool = False
    is_alone: bool = False


class Batches(Generic[Item, Outcome]):
    """A queue of items, up to `size` to a transaction and one transaction at a time.

    `apply` does a batch of items, in the order of their arrival, within the transaction that `transact` opens. It
    returns an outcome for each; an exception among them refuses that item and touches no other. When `apply` itself
    fails, each item of its batch is done again alone. A database that is UNAVAILABLE fails the whole batch.
    """

    def __init__(
        self,
        transact: Callable[[Callable[[Connection], Sequence[Any]]], Awaitable[Sequence[Any]]],
        apply: Callable[[Sequence[Item], Connection], Sequence[Outcome | Exception]],
        *,
        size: int,
        maximum_waiting: int = MAXIMUM_WAITING,
        measure: Callable[[int], AbstractContextManager[object]] = nullcontext,
        undo: Callable[[Item, Outcome], Item | None] = lambda item, outcome: None,
    ) -> None:
        """`measure(size)` surrounds each commit; `undo` makes what takes an abandoned item back."""
        self._transact = transact
        self._apply = apply
        self._size = size
        self._maximum_waiting = maximum_waiting
        self._measure = measure
        self._undo = undo
        self._queue: deque[_Waiting[Item, Outcome]] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._is_closed = False
        self._arrivals: deque[float] = deque(maxlen=RUSH_ITEMS)
        self._company = asyncio.Event()
        self._had_company = False

    @property
    def waiting(self) -> int:
        """How many items have not begun."""
        return len(self._queue)

    async def run(self, item: Item) -> Outcome:
        """Return the outcome once it is committed, or raise it: then nothing of the item is left.

        UNAVAILABLE after `close`, OVERLOADED when too many wait. A caller that is cancelled withdraws an item that has
        not begun, and waits for one that has, so that what clears up after it finds what became of it.
        """
        if self._is_closed:
            raise refusal(Text.UNAVAILABLE)
        if len(self._queue) >= self._maximum_waiting:
            raise refusal(Text.OVERLOADED)
        waiting = self._put(item)
        try:
            return await asyncio.shield(waiting.outcome)
        except asyncio.CancelledError:
            if waiting.has_begun:
                waiting.outcome.add_done_callback(partial(self._take_back, item))
                await asyncio.wait([waiting.outcome])
            else:
                waiting.outcome.cancel()
            raise

    async def close(self) -> None:
        """Do what is waiting, then stop."""
        self._is_closed = True
        self._company.set()
        while self._writer is not None:
            await asyncio.wait([self._writer])

    def _put(self, item: Item) -> _Waiting[Item, Outcome]:
        waiting: _Waiting[Item, Outcome] = _Waiting(item)
        self._queue.append(waiting)
        self._arrivals.append(asyncio.get_running_loop().time())
        if len(self._queue) >= COMPANY_ITEMS:
            self._company.set()
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="writer", context=Context())
        return waiting

    def _take_back(self, item: Item, outcome: asyncio.Future[Outcome]) -> None:
        if outcome.cancelled() or outcome.exception() is not None:
            return
        undoing = self._undo(item, outcome.result())
        if undoing is not None:
            self._put(undoing).outcome.add_done_callback(partial(self._take_back, undoing))

    async def _write(self) -> None:
        batch: list[_Waiting[Item, Outcome]] = []
        try:
            while self._queue:
                if self._is_in_rush():
                    self._company.clear()
                    await wait_at_most(COMPANY_SECONDS, self._company)
                if not (batch := self._next()):
                    continue
                try:
                    with self._measure(len(batch)):
                        outcomes = await self._transact(partial(self._apply, [waiting.item for waiting in batch]))
                except Exception as error:
                    if self._put_back(batch, error):
                        continue
                    outcomes = [error] * len(batch)
                self._had_company = len(batch) > 1 or bool(self._queue)
                for waiting, outcome in zip(batch, outcomes, strict=True):
                    if isinstance(outcome, Exception):
                        waiting.outcome.set_exception(outcome)
                    else:
                        waiting.outcome.set_result(outcome)
        except BaseException:
            for waiting in (*batch, *self._queue):
                waiting.outcome.cancel()
            self._queue.clear()
            raise
        finally:
            self._writer = None

    def _put_back(self, batch: list[_Waiting[Item, Outcome]], error: Exception) -> bool:
        """Whether the batch is tried again: once as it is after a lost race, else each item alone."""
        if isinstance(error, ChatmountError) and error.reason is Reason.UNAVAILABLE:
            return False
        # Another process may have added a row after this one had looked for it. Now it is there.
        is_lost_race = isinstance(error, IntegrityError) and not any(waiting.was_repeated for waiting in batch)
        if not is_lost_race and len(batch) == 1:
            return False
        for waiting in batch:
            waiting.was_repeated |= is_lost_race
            waiting.is_alone |= not is_lost_race
        self._queue.extendleft(reversed(batch))
        return True

    def _is_in_rush(self) -> bool:
        """Whether more is to be expected: many came, and not one after the other."""
        is_possible = self._had_company and not self._is_closed and len(self._arrivals) == RUSH_ITEMS
        if not is_possible or len(self._queue) >= COMPANY_ITEMS:
            return False
        return asyncio.get_running_loop().time() - self._arrivals[0] <= RUSH_SECONDS

    def _next(self) -> list[_Waiting[Item, Outcome]]:
        batch: list[_Waiting[Item, Outcome]] = []
        while self._queue and len(batch) < self._size:
            if batch and (batch[0].is_alone or self._queue[0].is_alone):
                break
            waiting = self._queue.popleft()
            if not waiting.outcome.cancelled():
                waiting.has_begun = True
                batch.append(waiting)
        return batch
