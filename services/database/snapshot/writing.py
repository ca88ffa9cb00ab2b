"""New tables of a service in place of the old ones, made and filled in one transaction."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, Integer, Table, TableClause, func, insert, inspect, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.database import Database
from services.database.migrations import VERSION_TABLE, current_revision, upgrade, wait_for_turn
from services.database.snapshot.tables import Tables, drop_all, reflect

ROWS_AT_A_TIME = 500


class TableWriter:
    """Tables at an older or the newest revision, being filled."""

    def __init__(self, service: str, tables: Tables, connection: AsyncConnection) -> None:
        self._service = service
        self._tables = tables
        self._connection = connection

    async def add(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Adds rows. ValueError for a table or a column that is not there at this revision."""
        chosen = self._tables.get(table)
        if chosen is None or any(name not in chosen.c for row in rows for name in row):
            raise ValueError(f"{self._service} has no such table or column: {table}")
        for start in range(0, len(rows), ROWS_AT_A_TIME):
            await self._connection.execute(insert(chosen), [dict(row) for row in rows[start : start + ROWS_AT_A_TIME]])

    async def count(self, table: str) -> int:
        """How many rows a table has now."""
        query = select(func.count()).select_from(self._tables[table])
        return int((await self._connection.execute(query)).scalar_one())

    async def set_numbering(self) -> None:
        """New rows get numbers behind those that were added. It comes after the last of them."""
        await self._connection.run_sync(_continue_numbering, self._tables.values())

    async def upgrade(self) -> None:
        """Brings the tables to the newest revision; nothing can be added then."""
        await self._connection.run_sync(upgrade, self._service)


@asynccontextmanager
async def replacing(database: Database, revision: str) -> AsyncIterator[TableWriter]:
    """Empty tables at `revision` in place of those there are. An exception undoes it."""
    async with database.write(seconds=None) as connection:
        await connection.run_sync(wait_for_turn, database.service)
        await connection.run_sync(drop_all)
        await connection.run_sync(upgrade, database.service, revision)
        yield TableWriter(database.service, await connection.run_sync(reflect), connection)


async def is_empty(database: Database) -> bool:
    """Whether there are no tables, or none that has a row."""
    if await current_revision(database) is None:
        return True
    async with database.read() as connection:
        names = await connection.run_sync(lambda each: inspect(each).get_table_names())
        for name in names:
            first = select(literal(1)).select_from(TableClause(name)).limit(1)
            if name != VERSION_TABLE and (await connection.execute(first)).first() is not None:
                return False
    return True


async def others_connected(database: Database) -> int:
    """How many processes of services are connected to this Postgres database; 0 for SQLite."""
    if database.is_sqlite:
        return 0
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name LIKE 'chatmount-%' AND pid <> pg_backend_pid()"
    )
    async with database.read() as connection:
        return int((await connection.execute(query)).scalar_one())


def _continue_numbering(connection: Connection, tables: Iterable[Table]) -> None:
    """Moves Postgres' sequences behind rows that brought their own numbers. SQLite has none."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        for column in table.primary_key:
            if not isinstance(column.type, Integer):
                continue
            name = func.pg_get_serial_sequence(func.quote_ident(table.name), column.name)
            sequence = connection.execute(select(name)).scalar()
            largest = connection.execute(select(func.max(column))).scalar()
            if sequence is not None and largest is not None:
                connection.execute(select(func.setval(sequence, largest)))
