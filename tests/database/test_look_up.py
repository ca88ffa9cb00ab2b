"""Look-ups on the path of every request: current, and patient with a locked file."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.database import Database
from tests.waiting import PATIENCE, until

from .things import THINGS, look_up, opened, refused


async def add(database: Database, number: int) -> None:
    async with database.write() as connection:
        await connection.execute(insert(THINGS).values(id=number, value=number * 10))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url) as database:
        yield database


async def test_every_commit_that_returned_is_seen_by_all(database: Database, database_url: str) -> None:
    other = Database(database_url, "public")
    for number in range(1, 20):
        assert await look_up(database, number) is None
        assert await look_up(other, number) is None
        await add(other if number % 2 else database, number)
        assert await look_up(database, number) == await look_up(other, number) == number * 10
    await other.close()


async def test_what_is_not_committed_is_not_seen_and_not_waited_for(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(THINGS).values(id=1, value=10))
        async with asyncio.timeout(PATIENCE):
            assert await look_up(database, 1) is None
    assert await look_up(database, 1) == 10


async def test_many_at_once_find_each_their_own(database: Database) -> None:
    for number in range(1, 6):
        await add(database, number)
    found = await asyncio.gather(*(look_up(database, number % 6) for number in range(60)))
    assert found == [number % 6 * 10 or None for number in range(60)]


async def test_a_locked_file_is_waited_for_without_stopping_everything_else(tmp_path: Path) -> None:
    file = tmp_path / "locked.db"
    holder = sqlite3.connect(file, isolation_level=None)
    holder.executescript("PRAGMA journal_mode=WAL; CREATE TABLE things (id INTEGER PRIMARY KEY, value INTEGER)")
    holder.executescript("PRAGMA locking_mode=EXCLUSIVE; INSERT INTO things VALUES (1, 10)")
    database = Database(f"sqlite+aiosqlite:///{file}", "public")
    looking = asyncio.create_task(look_up(database, 1))
    # The loop turns while the look-up waits.
    await asyncio.sleep(0.1)
    assert not looking.done()
    holder.close()
    assert await looking == 10
    await database.close()


async def test_connections_that_were_cut_are_replaced(postgres_url: str) -> None:
    other = Database(postgres_url, "public")
    async with opened(postgres_url, things=1) as database:
        for _ in range(3):
            assert await look_up(database) == 0
            async with other.write() as connection:
                others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
                await connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
    await other.close()


async def test_a_look_up_that_was_left_in_the_middle_leaves_nothing_to_the_next(postgres_url: str) -> None:
    other = Database(postgres_url, "public")
    async with opened(postgres_url, things=1, connections=1) as database:
        assert await look_up(database) == 0
        for _ in range(3):
            async with other.write() as connection:
                await connection.execute(text("LOCK TABLE things IN ACCESS EXCLUSIVE MODE"))
                waiting = asyncio.create_task(look_up(database))
                await until(lambda: _is_waited_for(connection))
                waiting.cancel()
                await asyncio.wait([waiting])
            assert await look_up(database) == 0
    await other.close()


async def _is_waited_for(connection: AsyncConnection) -> bool:
    locks = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
    found = await connection.execute(text(f"{locks} WHERE NOT granted AND datname = current_database()"))
    return bool(found.scalar_one())


async def test_a_look_up_works_again_when_its_table_was_changed(postgres_url: str) -> None:
    async with opened(postgres_url, things=1, connections=1) as database:
        assert await look_up(database) == 0
        async with database.write() as connection:
            await connection.execute(text("ALTER TABLE things ALTER value TYPE bigint"))
        # The plan that the server kept does not fit any more, which it says once.
        with suppress(DBAPIError):
            await look_up(database)
        assert await look_up(database) == 0


async def test_a_database_that_is_away_is_unavailable() -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:9/none", "public")
    await refused(look_up(database))
    await database.close()
