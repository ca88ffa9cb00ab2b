"""The ledger on real databases: exact under concurrency, balanced after everything."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from services.database import Database
from services.database.migrations import migrate
from services.errors import ChatmountError, Reason
from services.quota.ledger.entry import Owner, State
from services.quota.ledger.operations import Release, Settle
from services.quota.store import ledger as ledger_module
from services.quota.store.ledger import Ledger, LedgerStore
from tests.quota.conftest import OWNER, PATIENT, assert_balanced, entries_of, replicas, reserve
from tests.quota.outcomes import outcomes, refusal_of
from tests.turned_clock import TurnedClock
from tests.waiting import PATIENCE


@pytest.mark.parametrize("shared", [1, 256])
async def test_several_replicas_on_one_database_never_hand_out_more_than_there_is(
    database: Database, clock: TurnedClock, shared: int
) -> None:
    async with replicas(database, clock, shared=shared) as opened:
        made, refusals = await outcomes(*(opened[n % 3].ledger.run(reserve(month=7)) for n in range(60)))
    assert (made, len(refusals)) == (7, 53)
    await assert_balanced(database)


@pytest.mark.parametrize(("own_id", "state"), [(None, State.RELEASED), ("rsv_abcdefghijklmnop", State.RESERVED)])
async def test_a_reservation_whose_caller_left_is_given_back_unless_its_id_is_the_callers(
    ledger: Ledger, database: Database, own_id: str | None, state: State
) -> None:
    caller = asyncio.create_task(ledger.run(replace(reserve(), entry_id=own_id)))
    for _ in range(3):
        await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    await ledger.close()
    assert [entry.state for entry in await entries_of(database)] == [state]


async def test_when_too_many_wait_the_next_is_turned_away(store: LedgerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "MAXIMUM_WAITING", 2)
    ledger = store.open()
    made, refusals = await outcomes(*(ledger.run(reserve()) for _ in range(6)))
    assert (made, {refusal.reason for refusal in refusals}) == (2, {Reason.OVERLOADED})
    await ledger.close()


async def test_many_accounts_in_many_orders_never_lock_each_other_out(database: Database, clock: TurnedClock) -> None:
    owners = [Owner(f"acct_{n}", f"bot_{n}_{m}", "key", "api") for n in range(6) for m in range(2)]
    async with replicas(database, clock) as opened:

        async def story(number: int) -> None:
            owner = owners[(number * 7) % len(owners)]
            entry = await opened[number % 3].ledger.run(reserve(owner, month=1000))
            decision = Release if number % 3 else Settle
            await opened[(number + 1) % 3].ledger.run(decision(owner, entry.id))

        await asyncio.gather(*(story(number) for number in range(300)))
    await assert_balanced(database)
    assert sum(entry.state == State.SETTLED for entry in await entries_of(database)) == 100


async def test_settling_and_releasing_are_idempotent_and_releasing_a_settled_one_refunds(
    ledger: Ledger, database: Database
) -> None:
    entry = await ledger.run(reserve(month=1))
    for _ in range(3):
        assert (await ledger.run(Settle(OWNER, entry.id))).month.settled == 1
    for _ in range(3):
        await ledger.run(Release(OWNER, entry.id))
    assert (await refusal_of(ledger.run(Settle(OWNER, entry.id)))).reason == Reason.WRONG_STATE
    assert [entry.state for entry in await entries_of(database)] == [State.RELEASED]
    await ledger.run(reserve(month=1))
    await assert_balanced(database)


async def test_settle_and_release_at_once_leave_one_truth(ledger: Ledger, database: Database) -> None:
    entries = await asyncio.gather(*(ledger.run(reserve()) for _ in range(20)))
    await asyncio.gather(
        *(ledger.run(kind(OWNER, entry.id)) for entry in entries for kind in (Settle, Release, Settle, Release)),
        return_exceptions=True,
    )
    assert {entry.state for entry in await entries_of(database)} == {State.RELEASED}
    await assert_balanced(database)


@pytest.mark.parametrize(
    "stranger", [replace(OWNER, account_id="acct_2"), replace(OWNER, chatbot_id="bot_2")], ids=["account", "chatbot"]
)
@pytest.mark.parametrize("kind", [Settle, Release])
async def test_another_tenants_reservation_is_as_unknown_as_one_that_never_was(
    ledger: Ledger, database: Database, stranger: Owner, kind: Any
) -> None:
    entry = await ledger.run(reserve())
    theirs = await refusal_of(ledger.run(kind(stranger, entry.id)))
    nobodys = await refusal_of(ledger.run(kind(stranger, "rsv_nobody")))
    assert (theirs.reason, theirs.text) == (nobodys.reason, nobodys.text)
    assert theirs.reason == Reason.NOT_FOUND
    # Also when both ask in one transaction.
    done = await asyncio.gather(
        ledger.run(Settle(OWNER, entry.id)), ledger.run(kind(stranger, entry.id)), return_exceptions=True
    )
    assert isinstance(done[1], ChatmountError)
    assert [one.state for one in await entries_of(database) if one.amount] == [State.SETTLED]


async def test_a_database_that_does_not_answer_refuses_in_time_and_serves_again(
    postgres_url: str, clock: TurnedClock
) -> None:
    patient, database = (Database(postgres_url, "quota", seconds=seconds) for seconds in (PATIENT, 0.3))
    await migrate(patient)
    ledger = LedgerStore(database, clock).open()
    async with patient.write() as connection:
        await connection.execute(text("LOCK TABLE account_months"))
        async with asyncio.timeout(PATIENCE):
            made, refusals = await outcomes(*(ledger.run(reserve(month=5)) for _ in range(5)))
        assert (made, {refusal.reason for refusal in refusals}) == (0, {Reason.UNAVAILABLE})
        assert {refusal.retry_after for refusal in refusals} == {1}
    async with asyncio.timeout(PATIENCE):
        while Reason.MONTH_LIMIT not in {refusal.reason for refusal in refusals}:
            _, refusals = await outcomes(ledger.run(reserve(month=5)))
    await ledger.close()
    await database.close()
    assert [entry.state for entry in await entries_of(patient)] == [State.RESERVED] * 5
    await assert_balanced(patient)
    await patient.close()
