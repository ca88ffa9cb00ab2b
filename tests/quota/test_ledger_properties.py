"""In any order of operations, totals are the sums of their entries and limits hold."""

import asyncio
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.database import Database
from services.errors import ChatmountError
from services.quota.ledger.book import Book
from services.quota.ledger.entry import ChannelDayKey, DayKey, MonthKey, Owner, State, Totals
from services.quota.ledger.operations import Release, Settle
from tests.quota.conftest import Replica, assert_balanced, entries_of, replicas, reserve
from tests.turned_clock import TurnedClock, at

CHANNELS = ("api", "playground", "widget", "api")
OWNERS = [Owner(f"acct_{n // 2}", f"bot_{n}", f"key_{n}", CHANNELS[n]) for n in range(4)]
MONTH_LIMIT, DAY_LIMIT, BUDGET = 5, 3, 2

# What to do, to which owner or entry, and how many hours go by before it.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "reserve", "settle", "release", "expire"]),
        st.integers(0, 50),
        st.sampled_from([0.0, 0.0, 0.01, 5.0, 13.0, 300.0]),
    ),
    max_size=60,
)


@given(STEPS)
def test_a_book_adds_up_after_any_story(steps: list[tuple[str, int, float]]) -> None:
    book, now, ids = Book(), at("2028-02-28 20:00:00"), [(OWNERS[0], "rsv_none")]
    for what, number, hours in steps:
        now += hours * 3600
        owner, entry_id = ids[number % len(ids)]
        try:
            if what == "reserve":
                owner = OWNERS[number % len(OWNERS)]
                budget = BUDGET if owner.channel == "widget" else None
                entry = reserve(owner, month=MONTH_LIMIT, day=DAY_LIMIT, budget=budget).decide(book, now)
                ids.append((owner, entry.id))
            elif what == "expire":
                book.expire(now)
            else:
                (Settle if what == "settle" else Release)(owner, entry_id).decide(book, now)
        except ChatmountError:
            pass
        _assert_sums(book)


def _assert_sums(book: Book) -> None:
    months: Counter[MonthKey] = Counter()
    days: Counter[DayKey] = Counter()
    settled: Counter[MonthKey] = Counter()
    channels: Counter[ChannelDayKey | None] = Counter()
    for entry in book.entries():
        if entry.amount == 0:
            continue  # released before it was there: it stands for its id alone
        holds = entry.amount * (entry.state in (State.RESERVED, State.SETTLED))
        months[entry.month_key] += holds
        days[entry.day_key] += holds
        channels[entry.channel_day_key] += holds
        settled[entry.month_key] += entry.amount * (entry.state == State.SETTLED)
    for month, used in months.items():
        assert book.month(month) == Totals(settled[month], used - settled[month])
        assert used <= MONTH_LIMIT
    for day, used in days.items():
        assert book.day(day).used == used <= DAY_LIMIT
    changes = book.changes()
    assert {entry.id for entry in changes.added} == {entry.id for entry in book.entries()}
    assert set(changes.months) == set(months)
    assert {key: moved.used for key, moved in changes.channel_days.items()} == {
        key: used for key, used in channels.items() if key is not None
    }
    assert all(used <= BUDGET for key, used in channels.items() if key is not None and key.channel == "widget")


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_random_crowd_on_three_replicas_leaves_a_ledger_that_adds_up(
    database: Database, clock: TurnedClock, seed: int
) -> None:
    chance = random.Random(seed)
    clock.now = at("2026-11-30 23:00:00")
    known: list[tuple[Owner, str]] = []

    async def step(replica: Replica) -> None:
        what = chance.random()
        try:
            if what < 0.5 or not known:
                owner = chance.choice(OWNERS)
                budget = 8 if owner.channel == "widget" else None
                asked = reserve(owner, month=25, day=15, ttl=chance.choice([1, 600]), budget=budget)
                entry = await replica.ledger.run(asked)
                known.append((owner, entry.id))
            elif what < 0.75:
                await replica.ledger.run(Settle(*chance.choice(known)))
            elif what < 0.95:
                await replica.ledger.run(Release(*chance.choice(known)))
            else:
                await replica.store.sweep(size=3)
        except ChatmountError:
            pass

    async with replicas(database, clock) as opened:
        for _ in range(12):
            steps = [asyncio.create_task(step(chance.choice(opened))) for _ in range(40)]
            await asyncio.sleep(0)
            for leaving in chance.sample(steps, 6):
                leaving.cancel()
            await asyncio.gather(*steps, return_exceptions=True)
            await assert_balanced(database)
            clock.now += chance.choice([0.5, 2, 900])
    await assert_balanced(database)
    used: Counter[MonthKey] = Counter()
    visited: Counter[DayKey] = Counter()
    for entry in await entries_of(database):
        holds = entry.state in (State.RESERVED, State.SETTLED)
        used[entry.month_key] += holds
        visited[entry.day_key] += holds and entry.channel == "widget"
    assert max(used.values()) <= 25
    assert 0 < max(visited.values()) <= 8
