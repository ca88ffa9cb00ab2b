"""The one writer: what shares a transaction, and what becomes of callers that leave or stores that fail."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.errors import ChatmountError, Reason
from services.quota.ledger import ledger as ledger_module
from services.quota.ledger.book import Book
from services.quota.ledger.entry import Entry
from services.quota.ledger.ledger import Ledger
from services.quota.ledger.operations import Operation, Release, Reserve
from tests.quota.conftest import reserve


@dataclass
class MemoryStore:
    """A store that commits when it is let, and keeps what was committed."""

    book: Book = field(default_factory=Book)
    batches: list[list[Any]] = field(default_factory=list)
    may_commit: asyncio.Event = field(default_factory=asyncio.Event)
    failures: list[Exception] = field(default_factory=list)
    poison: str = "poison"

    async def apply(self, operations: list[Operation[Any]], now: float) -> list[Any]:
        self.batches.append(operations)
        await self.may_commit.wait()
        if self.failures:
            raise self.failures.pop(0)
        if any(isinstance(each, Reserve) and each.request_id == self.poison for each in operations):
            raise RuntimeError("the database does not like this one")
        return [self._decide(operation, now) for operation in operations]

    def _decide(self, operation: Operation[Any], now: float) -> Any:
        try:
            return operation.decide(self.book, now)
        except ChatmountError as refusal:
            return refusal


def unavailable() -> ChatmountError:
    return ChatmountError(Reason.UNAVAILABLE, "away")


async def settle_down() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_arrives_during_a_commit_shares_the_next_one() -> None:
    store = MemoryStore()
    ledger = Ledger(store)
    first = asyncio.create_task(ledger.run(reserve()))
    await settle_down()
    others = [asyncio.create_task(ledger.run(reserve(month=5))) for _ in range(9)]
    await settle_down()
    store.may_commit.set()
    done = await asyncio.gather(first, *others, return_exceptions=True)
    assert [len(batch) for batch in store.batches] == [1, 9]
    # A refusal in a shared transaction touches no other.
    assert [isinstance(outcome, Entry) for outcome in done] == [True] * 5 + [False] * 5
    await ledger.close()


async def test_a_writer_that_shares_nothing_commits_one_at_a_time() -> None:
    store = MemoryStore()
    store.may_commit.set()
    ledger = Ledger(store, shared=1)
    await asyncio.gather(*(ledger.run(reserve()) for _ in range(4)))
    assert [len(batch) for batch in store.batches] == [1] * 4
    await ledger.close()


async def test_a_caller_that_leaves_before_its_turn_withdraws_its_operation() -> None:
    store = MemoryStore()
    ledger = Ledger(store)
    first = asyncio.create_task(ledger.run(reserve(request_id="first")))
    await settle_down()
    second = asyncio.create_task(ledger.run(reserve(request_id="second")))
    await settle_down()
    second.cancel()
    await settle_down()
    store.may_commit.set()
    await first
    await ledger.close()
    assert [entry.request_id for entry in store.book.entries()] == ["first"]


async def test_a_reservation_made_for_a_caller_that_left_meanwhile_is_given_back() -> None:
    store = MemoryStore()
    ledger = Ledger(store)
    caller = asyncio.create_task(ledger.run(reserve()))
    await settle_down()
    caller.cancel()
    await settle_down()
    store.may_commit.set()
    await ledger.close()
    assert [entry.state for entry in store.book.entries()] == ["released"]
    assert isinstance(store.batches[-1][0], Release)


async def test_that_giving_back_may_fail_without_harm() -> None:
    store = MemoryStore()
    ledger = Ledger(store)
    caller = asyncio.create_task(ledger.run(reserve()))
    await settle_down()
    caller.cancel()
    await settle_down()
    store.may_commit.set()
    await settle_down()
    store.failures.append(unavailable())
    await ledger.close()


async def test_a_store_that_is_away_refuses_all_and_is_used_again_when_it_is_back() -> None:
    store = MemoryStore(failures=[unavailable()])
    ledger = Ledger(store)
    calls = [asyncio.create_task(ledger.run(reserve())) for _ in range(3)]
    store.may_commit.set()
    for call in calls:
        with pytest.raises(ChatmountError) as caught:
            await call
        assert caught.value.reason == Reason.UNAVAILABLE
    assert (await ledger.run(reserve())).state == "reserved"
    assert len(store.book.entries()) == 1
    await ledger.close()


async def test_an_operation_that_breaks_the_transaction_fails_alone() -> None:
    store = MemoryStore()
    ledger = Ledger(store)
    names = ["a", "poison", "b"]
    calls = [asyncio.create_task(ledger.run(reserve(request_id=name))) for name in names]
    store.may_commit.set()
    done = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in done] == [Entry, RuntimeError, Entry]
    assert sorted(entry.request_id for entry in store.book.entries()) == ["a", "b"]
    await ledger.close()


async def test_when_too_many_wait_the_next_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "MAXIMUM_WAITING", 2)
    store = MemoryStore()
    ledger = Ledger(store)
    first = asyncio.create_task(ledger.run(reserve()))
    await settle_down()
    waiting = [asyncio.create_task(ledger.run(reserve())) for _ in range(2)]
    await settle_down()
    with pytest.raises(ChatmountError) as caught:
        await ledger.run(reserve())
    assert caught.value.reason == Reason.OVERLOADED
    assert caught.value.retry_after == 1
    store.may_commit.set()
    await asyncio.gather(first, *waiting)
    await ledger.close()


async def test_closing_does_what_waits_and_takes_nothing_more() -> None:
    store = MemoryStore()
    ledger = Ledger(store)
    calls = [asyncio.create_task(ledger.run(reserve())) for _ in range(3)]
    await settle_down()
    closing = asyncio.create_task(ledger.close())
    await settle_down()
    with pytest.raises(ChatmountError):
        await ledger.run(reserve())
    store.may_commit.set()
    await closing
    assert [(await call).state for call in calls] == ["reserved"] * 3
