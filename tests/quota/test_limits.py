"""The limits of a plan: each refuses in its own period, and is counted to the millisecond."""

import asyncio
from dataclasses import replace

import pytest

from services.database import Database
from services.errors import Reason
from services.quota.ledger.operations import Settle
from services.quota.store.ledger import Ledger
from tests.quota.conftest import OWNER, assert_balanced, reserve
from tests.quota.outcomes import outcomes, refusal_of
from tests.turned_clock import TurnedClock, at


async def test_the_day_of_each_chatbot_is_capped_and_the_month_is_shared(ledger: Ledger, database: Database) -> None:
    other = replace(OWNER, chatbot_id="bot_2")
    made, refusals = await outcomes(*(ledger.run(reserve(day=3)) for _ in range(10)))
    assert (made, {refusal.reason for refusal in refusals}) == (3, {Reason.DAY_LIMIT})
    made, refusals = await outcomes(*(ledger.run(reserve(other, month=5, day=3)) for _ in range(10)))
    assert (made, {refusal.reason for refusal in refusals}) == (2, {Reason.MONTH_LIMIT})
    await assert_balanced(database)


async def test_when_both_are_used_up_the_month_is_named_with_its_own_wait(ledger: Ledger, clock: TurnedClock) -> None:
    clock.now = at("2026-11-29 23:59:30.500")
    await ledger.run(reserve(month=1, day=1))
    refusal = await refusal_of(ledger.run(reserve(month=1, day=1)))
    assert refusal.reason == Reason.MONTH_LIMIT
    assert refusal.retry_after == 86400 + 30
    assert "2026-12-01" in refusal.text
    refusal = await refusal_of(ledger.run(reserve(month=2, day=1)))
    assert (refusal.reason, refusal.retry_after) == (Reason.DAY_LIMIT, 30)


@pytest.mark.parametrize(
    ("before", "after", "new_month"),
    [
        ("2026-11-23 23:59:59.999", "2026-11-24 00:00:00", False),
        ("2026-11-30 23:59:59.999", "2026-12-01 00:00:00", True),
        ("2026-12-31 23:59:59.999", "2027-01-01 00:00:00", True),
        ("2028-02-28 23:59:59.999", "2028-02-29 00:00:00", False),
        ("2028-02-29 23:59:59.999", "2028-03-01 00:00:00", True),
        ("2026-02-28 23:59:59.999", "2026-03-01 00:00:00", True),
    ],
)
async def test_a_period_ends_at_midnight_utc_to_the_millisecond(
    ledger: Ledger, clock: TurnedClock, database: Database, before: str, after: str, new_month: bool
) -> None:
    clock.now = at(before)
    first = await ledger.run(reserve(month=1, day=1))
    refusal = await refusal_of(ledger.run(reserve(month=1, day=1)))
    assert refusal.reason == Reason.MONTH_LIMIT
    clock.now = at(after)
    if new_month:
        assert (refusal.retry_after, (await ledger.run(reserve(month=1, day=1))).month) == (1, after[:7])
    else:
        assert (await refusal_of(ledger.run(reserve(month=1, day=1)))).reason == Reason.MONTH_LIMIT
        assert (await ledger.run(reserve(month=2, day=1))).day == after[:10]
    # What was reserved before midnight is charged to the period that it was reserved in.
    settlement = await ledger.run(Settle(OWNER, first.id))
    assert settlement.month.settled == 1
    assert settlement.month.reserved == (0 if new_month else 1)
    await assert_balanced(database)


async def test_a_plan_without_a_monthly_limit_is_never_refused_for_the_month(ledger: Ledger) -> None:
    made, _ = await outcomes(*(ledger.run(reserve(month=None, day=50)) for _ in range(60)))
    assert made == 50


async def test_a_lowered_plan_refuses_and_a_raised_one_allows_at_once(ledger: Ledger) -> None:
    await asyncio.gather(*(ledger.run(reserve(month=10)) for _ in range(10)))
    assert (await refusal_of(ledger.run(reserve(month=5)))).reason == Reason.MONTH_LIMIT
    await ledger.run(reserve(month=11))
