"""A table of things, and every way to use a database that has it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, column, insert, select, table, text

from services.database import Database
from services.errors import ChatmountError, Reason

THINGS = table("things", column("id"), column("value"))
FIND = select(THINGS.c.value).where(THINGS.c.id == bindparam("id"))
CHANGE = text("UPDATE things SET value = value + 1")

PATIENT_SECONDS = 30.0
"""For what nothing is wrong with: what takes long there is the machine."""

Use = Callable[[Database], Awaitable[object]]


@asynccontextmanager
async def opened(url: str, service: str = "public", things: int = 0, **options: Any) -> AsyncIterator[Database]:
    """A database with so many things, each of the value 0."""
    database = Database(url, service, **options)
    try:
        async with database.write(PATIENT_SECONDS) as connection:
            await connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY, value INTEGER)"))
            if things:
                await connection.execute(insert(THINGS), [{"id": n, "value": 0} for n in range(1, things + 1)])
        yield database
    finally:
        await database.close()


async def look_up(database: Database, number: int = 1) -> int | None:
    row = await database.look_up(FIND, {"id": number})
    return None if row is None else int(row.value)


async def read(database: Database) -> int | None:
    """The greatest value."""
    async with database.read() as connection:
        found: int | None = (await connection.execute(text("SELECT max(value) FROM things"))).scalar_one()
        return found


async def fetch(database: Database) -> list[int]:
    """All values."""
    return [int(row.value) for row in await database.fetch(select(THINGS.c.value).order_by(THINGS.c.id))]


async def write(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(CHANGE)


async def transact(database: Database) -> None:
    def change(connection: Connection) -> None:
        connection.execute(CHANGE)

    await database.transact(change)


EVERY_USE = (look_up, fetch, read, write, transact)


async def refused(use: Awaitable[object]) -> ChatmountError:
    with pytest.raises(ChatmountError) as caught:
        await use
    assert caught.value.reason == Reason.UNAVAILABLE
    return caught.value
