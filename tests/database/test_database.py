"""Engines, on both kinds of database."""

import asyncio
import gc
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Connection, text

from services.database import Database
from services.database.migrations import migrate
from tests.metered import since_now
from tests.waiting import until

from .things import Use, opened, read, refused, transact, write


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url, things=1) as database:
        yield database


def create(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE probe (n INTEGER)"))


def create_and_fail(connection: Connection) -> None:
    create(connection)
    raise RuntimeError


async def create_in_a_write(database: Database, then: Callable[[Connection], None]) -> None:
    async with database.write() as connection:
        await connection.run_sync(then)


async def create_in_a_transaction(database: Database, then: Callable[[Connection], None]) -> None:
    await database.transact(then)


@pytest.mark.parametrize("run", [create_in_a_write, create_in_a_transaction])
async def test_what_fails_leaves_nothing_and_what_is_left_leaves_no_lock(
    database: Database, run: Callable[[Database, Callable[[Connection], None]], Awaitable[None]]
) -> None:
    with pytest.raises(RuntimeError):
        await run(database, create_and_fail)
    leaving = [asyncio.create_task(run(database, create_and_fail)) for _ in range(3)]
    await asyncio.sleep(0.005)
    for task in leaving:
        task.cancel()
    await asyncio.gather(*leaving, return_exceptions=True)
    await run(database, create)


@pytest.mark.parametrize("uses", [(write, read), (write, transact)])
async def test_many_at_once_take_turns(database: Database, uses: tuple[Use, ...]) -> None:
    await asyncio.gather(*(use(database) for _ in range(30) for use in uses))
    assert await read(database) == (30 if read in uses else 60)


async def test_a_database_that_is_away_is_unavailable_and_says_nothing_of_where_it_is() -> None:
    database = Database("postgresql+asyncpg://user:hunter2@127.0.0.1:1/nothing", "auth")
    counted = since_now("chatmount_database_unavailable_total")
    refusal = await refused(database.check())
    assert counted() == 1
    assert "127.0.0.1" not in refusal.text
    await database.close()


async def test_a_file_is_made_for_its_owner_alone_in_a_folder_that_may_not_be_there_yet(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "home"
    database = Database(f"sqlite+aiosqlite:///{folder / 'auth.db'}", "auth")
    await migrate(database)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes.keys() >= {"auth.db", "auth.db-wal"}
    assert set(modes.values()) == {0o600}
    await database.close()


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("writes", [False, True])
async def test_who_leaves_while_a_connection_is_opened_leaves_none_behind(
    tmp_path: Path, writes: bool, times: int
) -> None:
    file = tmp_path / "auth.db"

    async def use(database: Database) -> None:
        async with database.write() if writes else database.read() as connection:
            await connection.execute(text("SELECT 1"))

    for moment in range(30):
        database = Database(f"sqlite+aiosqlite:///{file}", "auth")
        leaving = [asyncio.create_task(use(database)) for _ in range(2)]
        await asyncio.sleep(moment * 0.0002)
        for _ in range(times):
            for task in leaving:
                task.cancel()
            await asyncio.sleep(moment % 7 * 0.0002)
        await asyncio.gather(*leaving, return_exceptions=True)
        await use(database)
        await database.close()
    leaving.clear()

    def is_closed() -> bool:
        # A statement that was left keeps its file until the traceback that it stands in is gone, and a generator that
        # stands there ends in the loop.
        gc.collect()
        return not any(opened.path.startswith(str(file)) for opened in psutil.Process().open_files())

    await until(is_closed)


async def test_who_leaves_in_the_middle_of_a_statement_leaves_no_lock(database: Database) -> None:
    slow = text(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000000) SELECT max(i) FROM n"
    )

    async def create_slowly() -> None:
        async with database.write() as connection:
            await connection.run_sync(create)
            await connection.execute(slow)

    leaving = asyncio.create_task(create_slowly())
    await asyncio.sleep(0.02)
    leaving.cancel()
    # What the task leaves behind is kept, as a log or a debugger may keep it.
    kept = await asyncio.gather(leaving, return_exceptions=True)
    await create_in_a_write(database, create)
    assert isinstance(kept[0], asyncio.CancelledError)
