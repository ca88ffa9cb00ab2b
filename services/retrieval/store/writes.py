"""The one way to write Retrieval's tables: each write says whose searches may see it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from services.database import Database
from services.database.database import USUAL
from services.errors import ChatmountError
from services.retrieval.changes import Changes

Result = TypeVar("Result")

NOBODY = ""
"""In place of a chatbot: the write is of notes that no search reads."""


class Writes:
    """Transactions of a database that may write. See Database for both methods."""

    def __init__(self, database: Database, changes: Changes) -> None:
        self._database = database
        self._changes = changes
        self._waiting: set[asyncio.Task[None]] = set()

    async def transact(
        self, work: Callable[[Connection], Result], seconds: float | None = USUAL, *, seen_by: str
    ) -> Result:
        """Run `work`, which the searches of the chatbot `seen_by` may see, or NOBODY."""
        async with self._moving(seen_by):
            return await self._database.transact(work, seconds)

    @asynccontextmanager
    async def write(self, seconds: float | None = USUAL, *, seen_by: str) -> AsyncIterator[AsyncConnection]:
        """A transaction that the searches of the chatbot `seen_by` may see, or NOBODY."""
        async with self._moving(seen_by), self._database.write(seconds) as connection:
            yield connection

    @asynccontextmanager
    async def _moving(self, seen_by: str) -> AsyncIterator[None]:
        if seen_by == NOBODY:
            yield
            return
        with self._changes.moving([seen_by]):
            try:
                yield
            except asyncio.CancelledError:
                # Its commit may be under way and come to its end all the same.
                waiting = asyncio.create_task(self._move_when_over(seen_by), context=Context())
                self._waiting.add(waiting)
                waiting.add_done_callback(self._waiting.discard)
                raise

    async def _move_when_over(self, chatbot_id: str) -> None:
        # Transactions that write come one after the other: when the next is over, those before it are.
        with suppress(ChatmountError):
            await self._database.transact(lambda connection: None)
        self._changes.move(chatbot_id)
