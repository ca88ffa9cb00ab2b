"""Transactions that wait for the writer at the same time share a commit.

A durable commit waits several milliseconds for the disk, however much it holds. One after the other, a dozen documents
that are added at once would each wait for those of all others.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection

Result = TypeVar("Result")
Work = Callable[[Connection], Any]

MAXIMUM_SHARED = 64


@dataclass(slots=True, eq=False)
class _Waiting:
    work: Work
    outcome: asyncio.Future[Any]


class _WorkFailed(Exception):
    """Not the database: one work, of many that share a transaction."""


class SharedCommits:
    """`transact` runs work in a transaction: committed when it returned, rolled back when it raised."""

    def __init__(self, transact: Callable[[Callable[[Connection], list[Any]]], Awaitable[list[Any]]]) -> None:
        self._transact = transact
        self._queue: deque[_Waiting] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        """What `work` returns, once it is committed, or raises: then nothing of it is left.

        Work that shared a transaction with some that failed is done once more, by itself. A database that can't begin
        or commit fails all that would have shared it.
        """
        waiting = _Waiting(work, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="shared commits")
        try:
            result: Result = await asyncio.shield(waiting.outcome)
        except asyncio.CancelledError:
            if waiting in self._queue:
                self._queue.remove(waiting)
            else:
                # Whoever clears up after this must find what became of it.
                await asyncio.gather(waiting.outcome, return_exceptions=True)
            raise
        return result

    async def close(self) -> None:
        """Returns when nothing is being written any more."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        try:
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), MAXIMUM_SHARED))]
                try:
                    await self._commit(batch)
                except BaseException:
                    for waiting in (*batch, *self._queue):
                        waiting.outcome.cancel()
                    self._queue.clear()
                    raise
        finally:
            self._writing = None

    async def _commit(self, batch: list[_Waiting]) -> None:
        try:
            results = await self._transact(partial(_together if len(batch) > 1 else _alone, batch))
        except _WorkFailed:
            for waiting in batch:
                await self._commit([waiting])
        except Exception as error:
            for waiting in batch:
                waiting.outcome.set_exception(error)
        else:
            for waiting, result in zip(batch, results, strict=True):
                waiting.outcome.set_result(result)


def _alone(batch: list[_Waiting], connection: Connection) -> list[Any]:
    return [batch[0].work(connection)]


def _together(batch: list[_Waiting], connection: Connection) -> list[Any]:
    results = []
    for waiting in batch:
        try:
            results.append(waiting.work(connection))
        except Exception as error:
            raise _WorkFailed from error
    return results
