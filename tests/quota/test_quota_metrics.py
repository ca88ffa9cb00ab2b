"""The ledger's metrics: credits by what became of them, each counted once, when durable."""

import asyncio

import pytest

from services.errors import ChatmountError
from services.observe.metrics import REGISTRY
from services.quota.ledger.grant import Grant
from services.quota.ledger.operations import Release, Settle
from services.quota.store.ledger import Ledger, LedgerStore
from tests.metered import since_now
from tests.quota.conftest import OWNER, reserve
from tests.turned_clock import TurnedClock

EVENTS = ("reserved", "settled", "released", "expired", "granted")


def counted() -> dict[str, float]:
    return {event: REGISTRY.get_sample_value(f"chatmount_credits_{event}_total") or 0.0 for event in EVENTS}


def since(before: dict[str, float]) -> dict[str, float]:
    return {event: now - before[event] for event, now in counted().items() if now != before[event]}


async def test_a_credit_is_counted_once_for_each_thing_that_becomes_of_it(
    ledger: Ledger, store: LedgerStore, clock: TurnedClock
) -> None:
    before = counted()
    kept, given_back, forgotten = [(await ledger.run(reserve())).id for _ in range(3)]
    assert since(before) == {"reserved": 3}
    for _ in range(2):
        await ledger.run(Settle(OWNER, kept))
        await ledger.run(Release(OWNER, given_back))
    assert since(before) == {"reserved": 3, "settled": 1, "released": 1}
    clock.now += 61
    await store.sweep()
    await store.sweep()
    assert since(before) == {"reserved": 3, "settled": 1, "released": 1, "expired": 1}
    with pytest.raises(ChatmountError):
        await ledger.run(Settle(OWNER, forgotten))
    assert since(before)["settled"] == 1


async def test_given_credits_are_not_counted_as_reserved(ledger: Ledger) -> None:
    before = counted()
    await ledger.run(Grant("acct_1", 50, "", "ada"))
    assert since(before) == {"granted": 50}


async def test_a_refused_reservation_is_not_counted(ledger: Ledger) -> None:
    before = counted()
    with pytest.raises(ChatmountError):
        await ledger.run(reserve(month=0))
    assert since(before) == {}


async def test_operations_that_share_a_transaction_are_one_batch(ledger: Ledger) -> None:
    def batches() -> tuple[float, float]:
        names = ("chatmount_ledger_batch_size_count", "chatmount_ledger_batch_size_sum")
        count, total = (REGISTRY.get_sample_value(name) or 0.0 for name in names)
        return count, total

    waiting = since_now("chatmount_ledger_waiting")
    count, total = batches()
    await asyncio.gather(*(ledger.run(reserve()) for _ in range(20)))
    now_count, now_total = batches()
    assert now_total - total == 20
    assert now_count - count <= 3
    assert waiting() == 0
