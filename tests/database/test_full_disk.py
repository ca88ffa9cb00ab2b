"""SQLite without room, or without leave to write: refused as UNAVAILABLE, nothing lost, and well again afterwards."""

import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from services.database import Database
from services.errors import ChatmountError, Reason

Use = Callable[[Database], Awaitable[object]]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'service.db'}", "auth")
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE things (value TEXT)"))
    yield database
    await database.close()


async def write(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO things VALUES (hex(zeroblob(20000)))"))


async def transact(database: Database) -> None:
    def add(connection: Connection) -> None:
        connection.execute(text("INSERT INTO things VALUES (hex(zeroblob(20000)))"))

    await database.transact(add)


async def count(database: Database) -> int:
    async with database.read() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM things"))).scalar_one())


async def is_refused(use: Awaitable[object]) -> None:
    with pytest.raises(ChatmountError) as caught:
        await use
    assert caught.value.reason == Reason.UNAVAILABLE


@pytest.mark.parametrize("use", [write, transact])
async def test_a_full_disk_refuses_writes_and_loses_nothing(database: Database, tmp_path: Path, use: Use) -> None:
    await use(database)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    # What a full disk does to a file: it grows no further.
    full = max(file.stat().st_size for file in tmp_path.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (full, usual[1]))
    try:
        for _ in range(5):
            await is_refused(use(database))
            assert await count(database) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    await use(database)
    await write(database)
    assert await count(database) == 3


@pytest.mark.parametrize("use", [write, transact])
async def test_a_file_that_may_not_be_written_refuses_writes_and_is_read(
    database: Database, use: Use, caplog: pytest.LogCaptureFixture
) -> None:
    await use(database)
    # Whoever is root may write any file; SQLite's own switch has the same effect on the same path.
    async with database.write() as connection:
        await connection.execute(text("PRAGMA query_only=ON"))
    await database.transact(lambda connection: connection.execute(text("PRAGMA query_only=ON")))
    for _ in range(3):
        await is_refused(use(database))
        assert await count(database) == 1
    told = [record.getMessage() for record in caplog.records if record.name == "chatmount.database"]
    assert told == ["The database refused: attempt to write a readonly database"]
