"""Transactions on Postgres that wait for each other."""

import asyncio
from functools import partial

from sqlalchemy import Connection, bindparam, text, update
from sqlalchemy.util import await_only

from .things import THINGS, fetch, opened

_RAISE = update(THINGS).where(THINGS.c.id == bindparam("number")).values(value=THINGS.c.value + 1)


async def test_two_that_wait_for_each_other_both_succeed(postgres_url: str) -> None:
    both_hold_one, runs = asyncio.Barrier(2), list[int]()

    def raise_both(connection: Connection, first: int, second: int) -> None:
        connection.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
        connection.execute(_RAISE, {"number": first})
        runs.append(first)
        if runs.count(first) == 1:
            await_only(both_hold_one.wait())
        connection.execute(_RAISE, {"number": second})

    async with opened(postgres_url, things=2) as database:
        works = (partial(raise_both, first=first, second=second) for first, second in ((1, 2), (2, 1)))
        await asyncio.gather(*map(database.transact, works))
        assert await fetch(database) == [2, 2]
    assert len(runs) > 2, "one of them was ended, and ran again"
