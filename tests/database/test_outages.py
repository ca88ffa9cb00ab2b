"""A Postgres that is stopped, hangs or comes back, seen through one service's database."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from functools import partial
from statistics import median

import pytest
from sqlalchemy import text

from services.database import Database
from services.errors import ChatmountError
from tests.promptness import was_once_within
from tests.waiting import PATIENCE

from .link import Link
from .things import EVERY_USE, Use, opened, read, refused, write

# More than a busy machine stands still.
SECONDS = 3.5
# A machine that stands still for a moment adds to every wait; one that is not cut off never ends.
LATE = 30.0


@pytest.fixture
async def database(link: Link) -> AsyncIterator[Database]:
    async with opened(link.url, things=1, seconds=SECONDS, connections=4) as database:
        yield database


async def is_refused(use: Awaitable[object]) -> float:
    """Seconds until the refusal."""
    began = time.monotonic()
    assert (await refused(use)).retry_after == 1
    return time.monotonic() - began


async def usual_seconds(use: Use, database: Database) -> float:
    """Those until the refusal, of many."""
    return median([await is_refused(use(database)) for _ in range(20)])


async def works_again(database: Database, within: float = PATIENCE) -> None:
    deadline = time.monotonic() + within
    while True:
        try:
            await read(database)
        except ChatmountError:
            assert time.monotonic() < deadline, "it does not work again"
            await asyncio.sleep(0.02)
        else:
            return


@pytest.mark.parametrize("use", EVERY_USE)
async def test_a_server_that_hangs_is_given_up_in_time_and_then_refused_at_once(
    link: Link, database: Database, use: Use
) -> None:
    await use(database)
    link.hold()
    assert SECONDS * 0.9 < await is_refused(use(database)) < SECONDS + LATE
    await asyncio.sleep(0.15)
    await was_once_within(0.05, partial(usual_seconds, use, database))
    link.let_go()
    await works_again(database)
    await use(database)


@pytest.mark.parametrize("use", EVERY_USE)
async def test_a_server_that_is_gone_is_refused_quickly_and_found_again(
    link: Link, database: Database, use: Use
) -> None:
    await use(database)
    await link.cut()
    await was_once_within(0.3, partial(usual_seconds, use, database))
    await link.mend()
    await works_again(database)
    await use(database)


async def test_many_that_wait_for_a_server_that_hangs_all_hear_in_time(link: Link, database: Database) -> None:
    link.hold()
    waits = await asyncio.gather(*(is_refused(write(database)) for _ in range(50)))
    assert max(waits) < SECONDS + LATE
    link.let_go()
    await works_again(database)
    # Nothing of it happened later, and all connections of the pool are to be had.
    assert await read(database) == 0
    await asyncio.gather(*(write(database) for _ in range(8)))
    assert await read(database) == 8


async def test_a_commit_whose_reply_does_not_come_is_no_success(link: Link, database: Database) -> None:
    async def write_and_lose_the_reply() -> None:
        async with database.write() as connection:
            await connection.execute(text("UPDATE things SET value = 7"))
            link.hold()

    assert await is_refused(write_and_lose_the_reply()) < SECONDS + LATE
    link.let_go()
    await works_again(database)
    assert await read(database) in (0, 7)
    await write(database)


async def test_callers_that_leave_a_server_that_hangs_leave_no_connection_behind(
    link: Link, database: Database
) -> None:
    await asyncio.gather(*(read(database) for _ in range(4)))
    link.hold()
    leaving = [asyncio.create_task(write(database)) for _ in range(4)]
    await asyncio.sleep(0.1)
    for task in leaving:
        task.cancel()
    async with asyncio.timeout(SECONDS + LATE):
        await asyncio.gather(*leaving, return_exceptions=True)
    link.let_go()
    await works_again(database)
    await asyncio.gather(*(write(database) for _ in range(8)))
    assert await read(database) in range(8, 13)


async def test_one_slow_transaction_does_not_stop_the_others(link: Link, database: Database) -> None:
    async def sleep() -> None:
        async with database.read() as connection:
            await connection.execute(text("SELECT pg_sleep(30)"))

    slow, read_often = asyncio.create_task(is_refused(sleep())), 0
    while not slow.done():
        await read(database)
        read_often += 1
        await asyncio.sleep(0.005)
    assert read_often > 5
    assert await slow < SECONDS + LATE


async def test_what_may_take_long_is_not_cut(database: Database) -> None:
    async with database.write(seconds=None) as connection:
        await connection.execute(text(f"SELECT pg_sleep({SECONDS * 1.1})"))
    async with database.read(seconds=SECONDS * 10) as connection:
        await connection.execute(text(f"SELECT pg_sleep({SECONDS * 1.1})"))
    await database.transact(lambda connection: connection.execute(text(f"SELECT pg_sleep({SECONDS * 1.1})")), None)


async def test_a_loop_that_is_late_blames_nobody(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE things SET value = 3"))
        # What blocks a loop, such as a machine that does something else, is no fault of the server.
        time.sleep(SECONDS * 1.2)  # noqa: ASYNC251
    assert await read(database) == 3


async def test_more_at_once_than_connections_take_turns(link: Link, database: Database) -> None:
    patient = Database(link.url, "public", connections=4)
    await asyncio.gather(*(write(patient) for _ in range(60)))
    assert await read(patient) == 60
    await patient.close()


async def test_a_server_out_of_connections_is_busy_and_not_away(link: Link, database: Database) -> None:
    async with database.write() as connection:
        name = (await connection.execute(text("SELECT current_database()"))).scalar_one()
        await connection.execute(text(f'ALTER DATABASE "{name}" CONNECTION LIMIT 1'))
        await connection.execute(text("CREATE ROLE one_only LOGIN"))
        await connection.execute(text("GRANT ALL ON SCHEMA public TO one_only"))
        await connection.execute(text("GRANT ALL ON things TO one_only"))
    await database.close()
    limited = Database(link.url.replace("postgres:", "one_only:"), "public", seconds=SECONDS, connections=4)
    async with limited.read() as first:
        await first.execute(text("SELECT 1"))
        await is_refused(read(limited))
        await first.execute(text("SELECT 1"))
    for _ in range(10):
        await read(limited)
    await limited.close()
    owner = Database(link.url, "public")
    async with owner.write() as connection:
        await connection.execute(text("DROP OWNED BY one_only"))
        await connection.execute(text("DROP ROLE one_only"))
    await owner.close()
