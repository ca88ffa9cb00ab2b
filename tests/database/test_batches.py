"""Transactions of SQLite that wait at the same time share a commit, and nothing else."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from services.database import Database
from services.database.batches import SharedCommits

TOGETHER = 20


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'probe.db'}", "probe")
    async with opened.write() as connection:
        await connection.execute(text("CREATE TABLE probe (n INTEGER)"))
    yield opened
    await opened.close()


def put(number: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        connection.execute(text("INSERT INTO probe VALUES (:n)"), {"n": number})
        return number

    return work


def put_and_fail(connection: Connection) -> int:
    put(-1)(connection)
    raise RuntimeError


async def numbers(database: Database) -> list[int]:
    async with database.read() as connection:
        return sorted((await connection.execute(text("SELECT n FROM probe"))).scalars())


@contextmanager
def commits() -> Iterator[list[Connection]]:
    seen: list[Connection] = []

    def see(connection: Connection) -> None:
        seen.append(connection)

    event.listen(Engine, "commit", see)
    try:
        yield seen
    finally:
        event.remove(Engine, "commit", see)


async def test_those_that_wait_together_are_committed_together(database: Database) -> None:
    with commits() as seen:
        put_together = (database.transact(put(number)) for number in range(TOGETHER))
        assert await asyncio.gather(*put_together) == list(range(TOGETHER))
    assert len(seen) == 1
    assert await numbers(database) == list(range(TOGETHER))


async def test_one_that_fails_fails_alone_and_leaves_nothing(database: Database) -> None:
    works = [put(0), put(1), put_and_fail, put(2)]
    async with asyncio.timeout(60):
        results = await asyncio.gather(*(database.transact(work) for work in works), return_exceptions=True)
    assert isinstance(results.pop(2), RuntimeError)
    assert results == [0, 1, 2] == await numbers(database)


async def test_a_database_that_can_not_begin_is_asked_once_for_all_that_wait() -> None:
    asked = 0

    async def locked(_: Callable[[Connection], list[Any]]) -> list[Any]:
        nonlocal asked
        asked += 1
        raise TimeoutError

    commits_of_locked = SharedCommits(locked)
    works = (commits_of_locked.run(put(number)) for number in range(TOGETHER))
    async with asyncio.timeout(60):
        results = await asyncio.gather(*works, return_exceptions=True)
    assert [type(one) for one in results] == [TimeoutError] * TOGETHER
    assert asked == 1


async def test_who_leaves_waits_for_what_was_begun_and_withdraws_what_was_not(database: Database) -> None:
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(connection: Connection) -> int:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(60)
        return put(1)(connection)

    leaving = asyncio.create_task(database.transact(slow))
    await begun.wait()
    behind = asyncio.create_task(database.transact(put(2)))
    await asyncio.sleep(0)
    for task in (leaving, behind):
        task.cancel()
    await asyncio.wait([behind])
    was_waiting = not leaving.done()
    go_on.set()
    await asyncio.wait([leaving])
    assert was_waiting
    assert leaving.cancelled()
    assert behind.cancelled()
    await database.transact(put(3))
    assert await numbers(database) == [1, 3]


async def test_closing_waits_for_what_is_being_written(database: Database) -> None:
    closing = Database(database.url, "probe")
    writing = asyncio.create_task(closing.transact(put(1)))
    await asyncio.sleep(0)
    await closing.close()
    assert await writing == 1
