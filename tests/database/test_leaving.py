"""Callers that leave in the middle of a transaction on Postgres."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import Connection, bindparam, update

from services.database import Database
from services.database.statements import change

from .link import Link
from .things import CHANGE, THINGS, fetch, opened, transact

STATEMENTS = 2
_RAISE = update(THINGS).where(THINGS.c.id == bindparam("number")).values(value=THINGS.c.value + 1)


def run_cheaply(connection: Connection) -> None:
    change(connection, _RAISE, {"number": 1})


def run_by_sqlalchemy(connection: Connection) -> None:
    connection.execute(CHANGE)


@pytest.mark.parametrize("run", [run_cheaply, run_by_sqlalchemy])
@pytest.mark.parametrize("done", range(STATEMENTS + 1), ids=["at the beginning", "between", "at the commit"])
async def test_what_one_that_left_has_begun_holds_back_no_commit_of_others(
    link: Link, postgres_url: str, run: Callable[[Connection], None], done: int
) -> None:
    held = asyncio.Event()

    def work(connection: Connection) -> None:
        for number in range(STATEMENTS + 1):
            if number == done:
                link.hold()
                held.set()
            if number < STATEMENTS:
                run(connection)

    async with opened(link.url, things=1, connections=1) as database:
        leaving = asyncio.create_task(database.transact(work))
        await held.wait()
        await asyncio.sleep(0)  # what waits for the server is on its way
        leaving.cancel()
        link.let_go()
        with suppress(asyncio.CancelledError):
            await leaving
        await transact(database)
        other = Database(postgres_url, "public")
        committed = await fetch(other)
        await other.close()
        assert committed[0] > 0
        assert committed == await fetch(database)
