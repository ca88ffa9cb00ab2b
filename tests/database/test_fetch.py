"""Lists, read by one statement off the event loop."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert, text

from services.database import Database
from services.database.sqlite import READERS
from tests.waiting import PATIENCE

from .things import THINGS, fetch, opened, refused

MORE_THAN_READERS = 40
# Minutes of work, unless it is broken off.
SLOW = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT max(i) FROM n")


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


@pytest.mark.parametrize("seconds", [0.0, 0.2], ids=["as it begins", "as it runs"])
async def test_a_statement_whose_caller_leaves_is_broken_off_on_sqlite(sqlite_url: str, seconds: float) -> None:
    async with opened(sqlite_url, things=1) as database:
        slow = [asyncio.create_task(database.fetch(SLOW)) for _ in range(READERS)]
        await asyncio.sleep(seconds)
        for each in slow:
            each.cancel()
        async with asyncio.timeout(PATIENCE):
            assert await asyncio.gather(*(fetch(database) for _ in range(READERS))) == [[0]] * READERS
        assert all(
            isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*slow, return_exceptions=True)
        )


async def test_the_loop_goes_on_while_a_database_closes_that_is_still_read(sqlite_url: str) -> None:
    async with opened(sqlite_url):
        database, loop = Database(sqlite_url, "public"), asyncio.get_running_loop()
        began = loop.time()
        slow = asyncio.create_task(database.fetch(SLOW))
        await asyncio.sleep(0.1)
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0.1)
        slow.cancel()
        await closing
        assert loop.time() - began < PATIENCE
