"""Work that waits for a commit shares the next one, and nothing else."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError

from services.database.batches import Batches
from services.database.refusals import unavailable
from services.errors import ChatmountError, Reason
from tests.each import for_each

from .things import THINGS, opened

BROKEN, REFUSED = "broken", "refused"


@dataclass
class Gate:
    """A database that commits when it is let, and keeps what was committed."""

    batches: list[list[str]] = field(default_factory=list)
    committed: list[str] = field(default_factory=list)
    may_commit: asyncio.Event = field(default_factory=asyncio.Event)
    failures: list[Exception] = field(default_factory=list)

    async def transact(self, work: Callable[[Connection], Sequence[Any]]) -> Sequence[Any]:
        batch = list(work(None))  # type: ignore[arg-type]
        self.batches.append(batch)
        await self.may_commit.wait()
        if self.failures:
            raise self.failures.pop(0)
        if BROKEN in batch:
            raise RuntimeError
        self.committed += batch
        return [KeyError(item) if item == REFUSED else item for item in batch]

    def opened(self, size: int = 100, **options: Any) -> Batches[str, str]:
        return Batches(self.transact, lambda items, _: items, size=size, **options)


async def settle_down() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def started(batches: Batches[str, str], *items: str) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(batches.run(item)) for item in items]
    await settle_down()
    return tasks


async def test_what_arrives_during_a_commit_shares_the_next_one_in_the_order_of_arrival() -> None:
    gate = Gate()
    batches = gate.opened(size=3)
    tasks = [*await started(batches, "a"), *await started(batches, *"bcdef")]
    gate.may_commit.set()
    assert await asyncio.gather(*tasks) == list("abcdef")
    assert gate.batches == [["a"], ["b", "c", "d"], ["e", "f"]]


async def test_one_that_fails_or_is_refused_touches_no_other() -> None:
    gate = Gate()
    tasks = await started(gate.opened(), "a", BROKEN, REFUSED, "b")
    gate.may_commit.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str, RuntimeError, KeyError, str]
    assert gate.batches == [["a", BROKEN, REFUSED, "b"], ["a"], [BROKEN], [REFUSED], ["b"]]
    assert gate.committed == ["a", REFUSED, "b"]


async def test_a_database_that_is_away_is_asked_once_for_all_that_wait_and_used_again_when_it_is_back() -> None:
    gate = Gate(failures=[unavailable()])
    batches = gate.opened()
    tasks = await started(batches, *"abc")
    gate.may_commit.set()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(outcome, ChatmountError)
        assert outcome.reason is Reason.UNAVAILABLE
    assert await batches.run("d") == "d"
    assert gate.batches == [["a", "b", "c"], ["d"]]


@for_each(("times", "committed"), [(1, ["a"]), (2, [])])
async def test_one_that_another_process_forestalled_is_done_once_more(times: int, committed: list[str]) -> None:
    gate = Gate(failures=[IntegrityError("", {}, Exception()) for _ in range(times)])
    gate.may_commit.set()
    outcome = await asyncio.gather(gate.opened().run("a"), return_exceptions=True)
    assert [isinstance(one, IntegrityError) for one in outcome] == [not committed]
    assert gate.committed == committed


async def test_a_caller_that_leaves_withdraws_what_was_not_begun_and_waits_for_what_was() -> None:
    gate = Gate()
    batches = gate.opened()
    tasks = [*await started(batches, "begun"), *await started(batches, "withdrawn", "stays")]
    for task in tasks[:2]:
        task.cancel()
    await settle_down()
    assert [task.done() for task in tasks] == [False, True, False]
    # Leaving twice leaves at once, and harms nothing.
    tasks[0].cancel()
    await settle_down()
    assert tasks[0].cancelled()
    gate.may_commit.set()
    assert await tasks[2] == "stays"
    assert gate.committed == ["begun", "stays"]


@for_each("fails", [False, True])
async def test_what_was_done_for_a_caller_that_left_is_undone(fails: bool) -> None:
    gate = Gate()
    batches = gate.opened(undo=lambda item, outcome: None if item.startswith("un") else f"un{outcome}")
    (task,) = await started(batches, "do")
    task.cancel()
    await settle_down()
    gate.may_commit.set()
    await settle_down()
    if fails:
        gate.failures.append(RuntimeError())
    await batches.close()
    assert gate.batches == [["do"], ["undo"]]


async def test_when_too_many_wait_the_next_is_turned_away() -> None:
    gate = Gate()
    batches = gate.opened(maximum_waiting=2)
    tasks = [*await started(batches, "a"), *await started(batches, "b", "c")]
    assert batches.waiting == 2
    with pytest.raises(ChatmountError) as caught:
        await batches.run("d")
    assert (caught.value.reason, caught.value.retry_after) == (Reason.OVERLOADED, 1)
    gate.may_commit.set()
    assert await asyncio.gather(*tasks) == ["a", "b", "c"]


async def test_closing_does_what_waits_and_takes_nothing_more() -> None:
    gate = Gate()
    batches = gate.opened()
    tasks = [*await started(batches, "a"), *await started(batches, "b", "c")]
    closing = asyncio.create_task(batches.close())
    await settle_down()
    with pytest.raises(ChatmountError) as caught:
        await batches.run("d")
    assert caught.value.reason is Reason.UNAVAILABLE
    gate.may_commit.set()
    await closing
    assert [task.result() for task in tasks] == ["a", "b", "c"]


@contextmanager
def counted_commits() -> Iterator[list[Connection]]:
    seen: list[Connection] = []
    see = seen.append
    event.listen(Engine, "commit", see)
    try:
        yield seen
    finally:
        event.remove(Engine, "commit", see)


async def test_a_batch_that_another_process_forestalled_is_done_once_more_as_it_is() -> None:
    gate = Gate(failures=[IntegrityError("", {}, Exception())])
    gate.may_commit.set()
    batches = gate.opened()
    assert await asyncio.gather(*map(batches.run, "abc")) == ["a", "b", "c"]
    assert gate.batches == [["a", "b", "c"], ["a", "b", "c"]]


# The second is what a damaged page or a full disk is to the one work that needs it.
@pytest.mark.parametrize(
    ("failing", "error"),
    [(None, RuntimeError()), (7, RuntimeError()), (7, OperationalError("", {}, Exception("disk is full")))],
)
async def test_transactions_of_sqlite_share_a_commit(sqlite_url: str, failing: int | None, error: Exception) -> None:
    def put(number: int, connection: Connection) -> int:
        connection.execute(insert(THINGS), {"id": number, "value": 0})
        if number == failing:
            raise error
        return number

    kept = [number for number in range(20) if number != failing]
    async with opened(sqlite_url) as database:
        with counted_commits() as commits:
            works = (database.transact(partial(put, number)) for number in range(20))
            results = await asyncio.gather(*works, return_exceptions=True)
        async with database.read() as connection:
            assert list((await connection.execute(select(THINGS.c.id).order_by(THINGS.c.id))).scalars()) == kept
    assert [result for result in results if not isinstance(result, Exception)] == kept
    assert len(commits) == (1 if failing is None else len(kept))
