"""Reservations whose time is over: they are given back, and stand in the way of none."""

import asyncio

import pytest
from sqlalchemy import text

from services.database import Database
from services.errors import Reason
from services.quota.ledger.entry import Owner, State
from services.quota.ledger.operations import Release, Settle
from services.quota.store.ledger import Ledger, LedgerStore
from tests.quota.conftest import OWNER, assert_balanced, entries_of, replicas, reserve
from tests.quota.outcomes import outcomes, refusal_of
from tests.turned_clock import TurnedClock
from tests.waiting import until


async def test_the_sweep_gives_back_what_nobody_decided_in_time(
    ledger: Ledger, store: LedgerStore, clock: TurnedClock, database: Database
) -> None:
    kept, short, settled = [await ledger.run(reserve(ttl=ttl)) for ttl in (60, 30, 30)]
    await ledger.run(Settle(OWNER, settled.id))
    clock.now += 29.999
    assert await store.sweep() == 0
    clock.now += 0.001
    assert await store.sweep() == 1
    assert await store.sweep() == 0
    assert {entry.id: entry.state for entry in await entries_of(database)} == {
        kept.id: State.RESERVED,
        short.id: State.EXPIRED,
        settled.id: State.SETTLED,
    }
    assert (await refusal_of(ledger.run(Settle(OWNER, short.id)))).reason == Reason.WRONG_STATE
    await ledger.run(Release(OWNER, short.id))
    await assert_balanced(database)


async def test_several_replicas_sweep_at_once_and_give_back_once(
    ledger: Ledger, clock: TurnedClock, database: Database
) -> None:
    owners = [Owner(f"acct_{n % 4}", f"bot_{n % 4}", "key", "api") for n in range(60)]
    await asyncio.gather(*(ledger.run(reserve(owner, ttl=1)) for owner in owners))
    clock.now += 2
    async with replicas(database, clock) as opened:
        swept = await asyncio.gather(*(replica.store.sweep(size=7) for replica in opened for _ in range(8)))
        rest = await opened[0].store.sweep()
    assert sum(swept) + rest == 60
    await assert_balanced(database)


async def test_a_sweep_takes_no_reservation_before_its_month(
    ledger: Ledger, store: LedgerStore, clock: TurnedClock, database: Database
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer: no sweep is ever in the middle of another transaction")
    await ledger.run(reserve(ttl=1))
    clock.now += 2
    async with database.write() as asking:
        # As a credit that is asked for begins.
        await asking.execute(text("SELECT * FROM account_months FOR UPDATE"))
        sweep = asyncio.create_task(store.sweep())
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )

        async def is_waiting() -> bool:
            async with database.read() as connection:
                return bool((await connection.execute(waiting)).scalar())

        await until(is_waiting)
        free = await asking.execute(text("SELECT id FROM ledger_entries FOR UPDATE SKIP LOCKED"))
        assert len(free.all()) == 1
    assert await sweep == 1


async def test_a_reservation_that_is_over_holds_no_credit_even_before_the_sweep(
    ledger: Ledger, clock: TurnedClock, database: Database
) -> None:
    await asyncio.gather(*(ledger.run(reserve(month=5, ttl=1)) for _ in range(5)))
    elsewhere = Owner("acct_2", "bot_9", "key", "api")
    await ledger.run(reserve(elsewhere, ttl=1))
    clock.now += 0.5
    assert (await refusal_of(ledger.run(reserve(month=5)))).reason == Reason.MONTH_LIMIT
    clock.now += 0.5
    made, _ = await outcomes(*(ledger.run(reserve(month=5)) for _ in range(9)))
    assert made == 5
    states = [entry.state for entry in await entries_of(database) if entry.account_id == "acct_2"]
    assert states == [State.RESERVED], "only those who need it are looked through"
    await assert_balanced(database)


@pytest.mark.parametrize("limits", [{"month": 1, "day": 100}, {"month": 100, "day": 1}, {"month": None, "day": 1}])
async def test_what_is_over_but_not_swept_stands_in_nobodys_way(
    ledger: Ledger, clock: TurnedClock, limits: dict[str, int | None]
) -> None:
    await ledger.run(reserve(ttl=1, **limits))
    clock.now += 10
    await ledger.run(reserve(**limits))


async def test_a_late_settle_still_charges_what_nobody_has_swept(ledger: Ledger, clock: TurnedClock) -> None:
    entry = await ledger.run(reserve(ttl=1))
    clock.now += 10
    assert (await ledger.run(Settle(OWNER, entry.id))).month.settled == 1
