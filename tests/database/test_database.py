"""Engines, on both kinds of database."""

import asyncio
import gc
import stat
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Connection, text

from services.database import Database
from services.database.migrations import migrate
from services.errors import ChatmountError, Reason
from services.observe.metrics import REGISTRY


async def test_a_write_that_fails_leaves_nothing(database_url: str) -> None:
    database = Database(database_url, "auth")
    await migrate(database)

    async def write_and_fail() -> None:
        async with database.write() as connection:
            await connection.execute(text("CREATE TABLE probe (n INTEGER)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await write_and_fail()
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE probe (n INTEGER)"))
    await database.close()


async def test_many_writers_and_readers_at_once_all_succeed(database_url: str) -> None:
    database = Database(database_url, "auth")
    await migrate(database)
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE probe (n INTEGER)"))
        await connection.execute(text("INSERT INTO probe VALUES (0)"))

    async def add_one() -> None:
        async with database.write() as connection:
            await connection.execute(text("UPDATE probe SET n = n + 1"))

    async def read() -> int:
        async with database.read() as connection:
            return int((await connection.execute(text("SELECT n FROM probe"))).scalar_one())

    await asyncio.gather(*(task() for _ in range(50) for task in (add_one, read)))
    assert await read() == 50
    await database.close()


async def test_a_database_that_is_away_is_unavailable_and_says_nothing_of_where_it_is() -> None:
    database = Database("postgresql+asyncpg://user:hunter2@127.0.0.1:1/nothing", "auth")
    counted = REGISTRY.get_sample_value("chatmount_database_unavailable_total") or 0.0
    with pytest.raises(ChatmountError) as caught:
        await database.check()
    assert caught.value.reason == Reason.UNAVAILABLE
    assert REGISTRY.get_sample_value("chatmount_database_unavailable_total") == counted + 1
    assert "127.0.0.1" not in caught.value.text
    await database.close()


async def test_a_file_is_made_for_its_owner_alone_in_a_folder_that_may_not_be_there_yet(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "home"
    database = Database(f"sqlite+aiosqlite:///{folder / 'auth.db'}", "auth")
    await migrate(database)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes.keys() >= {"auth.db", "auth.db-wal"}
    assert set(modes.values()) == {0o600}
    await database.close()


@pytest.mark.parametrize("writes", [False, True])
async def test_who_leaves_while_a_connection_is_opened_leaves_none_behind(tmp_path: Path, writes: bool) -> None:
    file = tmp_path / "auth.db"

    async def use(database: Database) -> None:
        async with database.write() if writes else database.read() as connection:
            await connection.execute(text("SELECT 1"))

    for moment in range(30):
        database = Database(f"sqlite+aiosqlite:///{file}", "auth")
        leaving = [asyncio.create_task(use(database)) for _ in range(2)]
        await asyncio.sleep(moment * 0.0002)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        await use(database)
        await database.close()
    # A statement that was left keeps its file until the traceback that it stands in is gone.
    leaving.clear()
    gc.collect()
    assert [opened.path for opened in psutil.Process().open_files() if opened.path.startswith(str(file))] == []


async def test_who_leaves_in_the_middle_of_a_statement_leaves_no_lock(database_url: str) -> None:
    database = Database(database_url, "auth")
    await migrate(database)
    slow = text("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i FROM n")

    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(text("CREATE TABLE probe (n INTEGER)"))
            await connection.execute(slow)

    leaving = asyncio.create_task(write())
    await asyncio.sleep(0.02)
    leaving.cancel()
    # What the task leaves behind is kept, as a log or a debugger may keep it.
    kept = await asyncio.gather(leaving, return_exceptions=True)
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE probe (n INTEGER)"))
    assert isinstance(kept[0], asyncio.CancelledError)
    await database.close()


async def test_transactions_and_writes_take_turns(database_url: str) -> None:
    database = Database(database_url, "auth")
    await migrate(database)
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE probe (n INTEGER)"))
        await connection.execute(text("INSERT INTO probe VALUES (0)"))

    def add_ten(connection: Connection) -> int:
        connection.execute(text("UPDATE probe SET n = n + 10"))
        return int(connection.execute(text("SELECT n FROM probe")).scalar_one())

    async def add_one() -> None:
        async with database.write() as connection:
            await connection.execute(text("UPDATE probe SET n = n + 1"))

    results = await asyncio.gather(*(task for _ in range(20) for task in (database.transact(add_ten), add_one())))
    assert max(result or 0 for result in results) <= 220
    assert await database.transact(add_ten) == 230
    await database.close()


async def test_a_transaction_that_fails_leaves_nothing_and_one_that_is_left_leaves_no_lock(database_url: str) -> None:
    database = Database(database_url, "auth")
    await migrate(database)

    def create(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE probe (n INTEGER)"))

    def create_and_fail(connection: Connection) -> None:
        create(connection)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.transact(create_and_fail)
    leaving = [asyncio.create_task(database.transact(create_and_fail)) for _ in range(3)]
    await asyncio.sleep(0.005)
    for task in leaving:
        task.cancel()
    await asyncio.gather(*leaving, return_exceptions=True)
    await database.transact(create)
    await database.close()
