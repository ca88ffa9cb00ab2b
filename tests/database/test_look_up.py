"""Look-ups on the path of every request: current, cheap, and patient with a file that is locked."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import bindparam, column, insert, select, table, text

from services.database import Database
from services.errors import ChatmountError, Reason

ROWS = table("things", column("id"), column("value"))
FIND = select(ROWS.c.value).where(ROWS.c.id == bindparam("id"))


async def add(database: Database, number: int) -> None:
    async with database.write() as connection:
        await connection.execute(insert(ROWS).values(id=number, value=number * 10))


async def find(database: Database, number: int) -> int | None:
    row = await database.look_up(FIND, {"id": number})
    return None if row is None else int(row.value)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url, "public")
    async with opened.write() as connection:
        await connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY, value INTEGER)"))
    yield opened
    await opened.close()


async def test_every_commit_that_returned_is_seen_by_all(database: Database, database_url: str) -> None:
    other = Database(database_url, "public")
    for number in range(1, 20):
        assert await find(database, number) is None
        assert await find(other, number) is None
        await add(other if number % 2 else database, number)
        assert await find(database, number) == await find(other, number) == number * 10
    await other.close()


async def test_what_is_not_committed_is_not_seen_and_not_waited_for(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(ROWS).values(id=1, value=10))
        async with asyncio.timeout(20):
            assert await find(database, 1) is None
    assert await find(database, 1) == 10


async def test_many_at_once_find_each_their_own(database: Database) -> None:
    for number in range(1, 6):
        await add(database, number)
    found = await asyncio.gather(*(find(database, number % 6) for number in range(60)))
    assert found == [number % 6 * 10 or None for number in range(60)]


async def test_a_locked_file_is_waited_for_without_stopping_everything_else(tmp_path: Path) -> None:
    file = tmp_path / "locked.db"
    holder = sqlite3.connect(file, isolation_level=None)
    holder.executescript("PRAGMA journal_mode=WAL; CREATE TABLE things (id INTEGER PRIMARY KEY, value INTEGER)")
    holder.executescript("PRAGMA locking_mode=EXCLUSIVE; INSERT INTO things VALUES (1, 10)")
    database = Database(f"sqlite+aiosqlite:///{file}", "public")
    looking = asyncio.create_task(find(database, 1))
    # The loop turns while the look-up waits.
    await asyncio.sleep(0.1)
    assert not looking.done()
    holder.close()
    assert await looking == 10
    await database.close()


async def test_connections_that_were_cut_are_replaced(postgres_url: str) -> None:
    database = Database(postgres_url, "public")
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY, value INTEGER)"))
    await add(database, 1)
    other = Database(postgres_url, "public")
    for _ in range(3):
        assert await find(database, 1) == 10
        async with other.write() as connection:
            others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
            await connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
    await other.close()
    await database.close()


async def test_a_database_that_is_away_is_unavailable(tmp_path: Path) -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:9/none", "public")
    with pytest.raises(ChatmountError) as caught:
        await find(database, 1)
    assert caught.value.reason == Reason.UNAVAILABLE
    await database.close()
