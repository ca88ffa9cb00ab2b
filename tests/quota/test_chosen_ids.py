"""Reservations whose callers choose the ids may be repeated, and released before they exist."""

import asyncio
from dataclasses import replace

import pytest

from services.database import Database
from services.quota.ledger.operations import Release, Reserve
from services.trust.principal import Principal
from tests.each import for_each
from tests.quota.conftest import CALLER, OWNER, Served, replicas
from tests.quota.quota_calls import SEVEN, entries, refused, release, reserve, settle, usage
from tests.turned_clock import TurnedClock

ID = "rsv_abcdefghijklmnop"


async def test_a_reserve_that_is_repeated_sets_aside_one_credit(served: Served) -> None:
    assert [await reserve(served, SEVEN, reservation_id=ID) for _ in range(3)] == [ID] * 3
    assert (await usage(served, SEVEN)).credits_reserved == 1
    await settle(served, SEVEN, ID)
    assert await reserve(served, SEVEN, reservation_id=ID) == ID
    assert (await settle(served, SEVEN, ID)).credits_remaining == 6
    assert (await usage(served, SEVEN)).credits_reserved == 0


async def test_a_reserve_that_is_repeated_by_many_at_once_sets_aside_one_credit(served: Served) -> None:
    await asyncio.gather(*(reserve(served, SEVEN, reservation_id=ID) for _ in range(40)))
    assert (await usage(served, SEVEN)).credits_reserved == 1
    assert len(await entries(served)) == 1


async def test_a_repeated_reserve_needs_no_room(served: Served) -> None:
    for number in range(7):
        await reserve(served, SEVEN, reservation_id=f"{ID}{number}")
    assert await reserve(served, SEVEN, reservation_id=f"{ID}3") == f"{ID}3"
    assert (await refused(reserve(served, SEVEN, reservation_id=f"{ID}7")))[0] == "MONTH_LIMIT"


async def test_a_reservation_that_was_given_back_can_not_be_had_again(served: Served) -> None:
    await reserve(served, SEVEN, reservation_id=ID)
    await release(served, SEVEN, ID)
    assert (await refused(reserve(served, SEVEN, reservation_id=ID)))[0] == "WRONG_STATE"
    assert (await usage(served, SEVEN)).credits_reserved == 0


async def test_what_is_released_before_it_is_there_never_will_be(served: Served) -> None:
    assert (await refused(release(served, SEVEN, ID)))[0] == "NOT_FOUND"
    assert (await refused(reserve(served, SEVEN, reservation_id=ID)))[0] == "WRONG_STATE"
    found = await usage(served, SEVEN)
    assert (found.credits_used, found.credits_reserved) == (0, 0)


@pytest.mark.parametrize("stranger", [replace(SEVEN, chatbot_id="bot_2"), replace(SEVEN, account_id="acct_2")])
async def test_another_tenants_id_can_neither_be_used_nor_be_found_out(served: Served, stranger: Principal) -> None:
    await reserve(served, SEVEN, reservation_id=ID)
    assert (await refused(reserve(served, stranger, reservation_id=ID)))[0] == "NOT_FOUND"
    assert await refused(release(served, stranger, ID)) == await refused(release(served, stranger, ID + "x"))
    assert (await settle(served, SEVEN, ID)).credits_used == 1


@for_each("wrong", ["abc", "rsv_short", "rsv_" + "a" * 65, "rsv_abcdefghijklmnop qr", "grt_abcdefghijklmnop"])
async def test_an_id_of_another_form_is_refused(served: Served, wrong: str) -> None:
    assert (await refused(reserve(served, CALLER, reservation_id=wrong)))[0] == "INVALID_FIELD"


async def test_replicas_that_get_the_same_id_at_once_agree(database: Database, clock: TurnedClock) -> None:
    async with replicas(database, clock) as opened:
        ledgers = [replica.ledger for replica in opened]
        for number in range(20):
            operation = Reserve(OWNER, "req", 60, 1500, 10_000, f"{ID}{number}")
            outcomes = await asyncio.gather(*(ledger.run(operation) for ledger in ledgers))
            assert {outcome.id for outcome in outcomes} == {operation.entry_id}
        for number in range(20):
            again = Reserve(OWNER, "req", 60, 1500, 10_000, f"{ID}-{number}")
            undone = Release(OWNER, f"{ID}-{number}")
            # Whichever comes first: in the end nothing is set aside.
            await asyncio.gather(ledgers[0].run(again), ledgers[1].run(undone), return_exceptions=True)
            await asyncio.gather(ledgers[2].run(undone), return_exceptions=True)
        async with database.read() as connection:
            reserved = (await connection.exec_driver_sql("SELECT reserved FROM account_months")).scalar_one()
        assert reserved == 20
