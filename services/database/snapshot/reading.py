"""A service's rows as they are at one moment, while others go on writing."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.database import Database
from services.database.migrations import current_revision, revision_of
from services.database.snapshot.tables import Tables, reflect

ROWS_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A service's tables at `revision`, parents before those that refer to them."""

    service: str
    revision: str
    _tables: Tables
    _connection: AsyncConnection

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables, in the order in which they can be filled."""
        return tuple(self._tables)

    async def rows(self, table: str) -> AsyncIterator[Mapping[str, Any]]:
        """All rows of a table by its primary key."""
        chosen = self._tables[table]
        query = select(chosen).order_by(*chosen.primary_key).execution_options(yield_per=ROWS_AT_A_TIME)
        async for row in await self._connection.stream(query):
            yield dict(row._mapping)


@asynccontextmanager
async def open_snapshot(database: Database) -> AsyncIterator[Snapshot | None]:
    """A transaction that sees only what is written by now; None when there are no tables."""
    if await current_revision(database) is None:
        yield None
        return
    async with database.read(seconds=None) as connection:
        if not database.is_sqlite:
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        # The first statement is where the snapshot begins.
        revision = await connection.run_sync(revision_of)
        if revision is None:
            raise RuntimeError("the tables went away while they were being read")
        yield Snapshot(database.service, revision, await connection.run_sync(reflect), connection)
