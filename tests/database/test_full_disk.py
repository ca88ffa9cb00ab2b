"""SQLite without room, or without leave to write: UNAVAILABLE, and nothing is lost."""

import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from services.database import Database

from .things import Use, opened, refused

ADD = text("INSERT INTO things (value) VALUES ('x' || hex(zeroblob(20000)))")


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    async with opened(sqlite_url) as database:
        yield database


async def write(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(ADD)


async def transact(database: Database) -> None:
    def add(connection: Connection) -> None:
        connection.execute(ADD)

    await database.transact(add)


async def count(database: Database) -> int:
    async with database.read() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM things"))).scalar_one())


@pytest.mark.parametrize("use", [write, transact])
async def test_a_full_disk_refuses_writes_and_loses_nothing(database: Database, tmp_path: Path, use: Use) -> None:
    await use(database)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    # What a full disk does to a file: it grows no further.
    full = max(file.stat().st_size for file in tmp_path.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (full, usual[1]))
    try:
        for _ in range(5):
            await refused(use(database))
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
    # Root may write any file; SQLite's own switch has the same effect on the same path.
    async with database.write() as connection:
        await connection.execute(text("PRAGMA query_only=ON"))
    await database.transact(lambda connection: connection.execute(text("PRAGMA query_only=ON")))
    for _ in range(3):
        await refused(use(database))
        assert await count(database) == 1
    told = [record.getMessage() for record in caplog.records if record.name == "chatmount.database"]
    assert told == ["The database refused: attempt to write a readonly database"]
