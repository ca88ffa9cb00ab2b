"""Visitors and programs that ask for the last credits at once, on two replicas: exactly those are given."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.database import Database
from services.errors import ChatmountError, Reason
from services.quota.ledger.entry import Entry
from services.quota.ledger.operations import Release, Reserve, Settle
from services.quota.store.budgets import BudgetStore
from services.quota.store.ledger import Ledger
from tests.quota.conftest import OWNER, Replica, assert_balanced, entries_of, replicas, reserve
from tests.quota.outcomes import outcomes, refusal_of
from tests.turned_clock import TurnedClock

VISITING = replace(OWNER, api_key_id="wgt_1", channel="widget")


def mixed(replicas: Sequence[Replica], *asked: Reserve, rounds: int) -> list[asyncio.Task[Entry]]:
    """Each of them at each replica so many times, all at once."""
    return [
        asyncio.create_task(replica.ledger.run(each)) for _ in range(rounds) for replica in replicas for each in asked
    ]


async def given(tasks: Sequence[asyncio.Task[Entry]]) -> tuple[Counter[str], Counter[Reason]]:
    """What became of them: reservations by channel, refusals by reason."""
    done = await asyncio.gather(*tasks, return_exceptions=True)
    made = Counter(one.channel for one in done if isinstance(one, Entry))
    refused = Counter(one.reason for one in done if isinstance(one, ChatmountError))
    assert made.total() + refused.total() == len(done), done
    return made, refused


@pytest.mark.parametrize("shared", [1, 256])
async def test_of_the_last_ten_credits_exactly_ten_are_given_over_both_channels(
    database: Database, clock: TurnedClock, shared: int
) -> None:
    async with replicas(database, clock, count=2, shared=shared) as opened:
        api, visit = reserve(month=30), reserve(VISITING, month=30, budget=1000)
        await asyncio.gather(*(opened[0].ledger.run(api) for _ in range(20)))
        made, refused = await given(mixed(opened, api, visit, rounds=10))
    assert made.total() == 10
    assert refused == {Reason.MONTH_LIMIT: 30}
    assert min(made["api"], made["widget"]) > 0, "it was no race"
    await assert_balanced(database)


@pytest.mark.parametrize("shared", [1, 256])
async def test_of_a_budget_exactly_as_much_is_given_and_the_api_goes_on(
    database: Database, clock: TurnedClock, shared: int
) -> None:
    async with replicas(database, clock, count=2, shared=shared) as opened:
        made, refused = await given(mixed(opened, reserve(VISITING, budget=10), reserve(), rounds=20))
        assert (made, refused) == ({"widget": 10, "api": 40}, {Reason.DAY_LIMIT: 30})
        held = [entry for entry in await entries_of(database) if entry.channel == "widget"]
        await asyncio.gather(*(opened[1].ledger.run(Settle(VISITING, entry.id)) for entry in held[:7]))
        await asyncio.gather(*(opened[0].ledger.run(Release(VISITING, entry.id)) for entry in held[7:]))
        made, refused = await given(mixed(opened, reserve(VISITING, budget=10), rounds=5))
        assert (made, refused) == ({"widget": 3}, {Reason.DAY_LIMIT: 7})
    await assert_balanced(database)


async def test_a_budget_that_is_lowered_meanwhile_is_never_overdrawn_by_more_than_was_given(
    database: Database, clock: TurnedClock
) -> None:
    budgets, visit = BudgetStore(database), reserve(VISITING, budget=1000)
    await budgets.choose("bot_1", "widget", 12)
    async with replicas(database, clock, count=2, shared=4) as opened:
        racing = mixed(opened, visit, rounds=20)
        await budgets.choose("bot_1", "widget", 5)
        given_then = sum(entry.channel == "widget" for entry in await entries_of(database))
        made, _ = await given(racing)
        assert 5 <= made["widget"] <= max(given_then, 5) + 8, "no more than the two batches that were under way"
        assert made["widget"] <= 12
        assert (await refusal_of(opened[0].ledger.run(visit))).reason == Reason.DAY_LIMIT
    await assert_balanced(database)


async def test_overdue_reservations_of_visitors_get_none_of_them_refused(ledger: Ledger, clock: TurnedClock) -> None:
    for _ in range(5):
        await ledger.run(reserve(VISITING, ttl=1, budget=5))
    clock.now += 2
    made, refusals = await outcomes(*(ledger.run(reserve(VISITING, budget=5)) for _ in range(8)))
    assert (made, {refusal.reason for refusal in refusals}) == (5, {Reason.DAY_LIMIT})


async def test_a_visitors_question_that_comes_again_costs_no_second_credit_of_the_budget(ledger: Ledger) -> None:
    asked = replace(reserve(VISITING, budget=1), entry_id="rsv_" + "a" * 20)
    first = await ledger.run(asked)
    assert await ledger.run(asked) == first
    assert (await refusal_of(ledger.run(reserve(VISITING, budget=1)))).reason == Reason.DAY_LIMIT


async def test_a_budget_is_of_one_chatbot(ledger: Ledger, database: Database) -> None:
    await BudgetStore(database).choose("bot_1", "widget", 1)
    other = replace(VISITING, chatbot_id="bot_2")
    both = [reserve(owner, budget=2) for owner in (VISITING, other) for _ in range(3)]
    made, refusals = await outcomes(*map(ledger.run, both))
    assert (made, len(refusals)) == (3, 3)
    used = Counter(entry.chatbot_id for entry in await entries_of(database))
    assert used == {"bot_1": 1, "bot_2": 2}
