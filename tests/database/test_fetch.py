"""Lists, read by one statement off the event loop."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert, text

from services.database import Database

from .things import THINGS, fetch, opened, refused

MORE_THAN_READERS = 40


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url, things=3) as database:
        yield database


async def test_every_commit_that_returned_is_seen(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(THINGS).values(id=4, value=40))
        # What is not committed is neither seen nor waited for.
        assert await fetch(database) == [0, 0, 0]
    assert await fetch(database) == [0, 0, 0, 40]


async def test_more_at_once_than_there_are_connections(database: Database) -> None:
    assert await asyncio.gather(*(fetch(database) for _ in range(MORE_THAN_READERS))) == [[0, 0, 0]] * MORE_THAN_READERS


async def test_callers_that_leave_hold_no_connection(database: Database) -> None:
    for _ in range(MORE_THAN_READERS):
        leaving = asyncio.create_task(fetch(database))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
    assert await fetch(database) == [0, 0, 0]


async def test_a_statement_that_writes_is_refused_on_sqlite(sqlite_url: str) -> None:
    async with opened(sqlite_url, things=1) as database:
        await refused(database.fetch(text("UPDATE things SET value = 1 RETURNING value")))
        assert await fetch(database) == [0]
