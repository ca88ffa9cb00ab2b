"""Reconciliation: what was changed behind the ledger's back shows in its totals or rows."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from services.database import Database
from services.quota.ledger.grant import Grant
from services.quota.ledger.operations import Release, Settle
from services.quota.store.ledger import Ledger
from services.quota.store.reconciliation import reconcile
from tests.quota.conftest import OWNER, reserve
from tests.turned_clock import TurnedClock


@pytest.fixture
async def filled(ledger: Ledger, database: Database) -> Database:
    """Three accounts with entries in every state."""
    for number in (1, 2, 3):
        owner = replace(OWNER, account_id=f"acct_{number}")
        entries = [await ledger.run(reserve(owner)) for _ in range(4)]
        await ledger.run(Settle(owner, entries[0].id))
        await ledger.run(Release(owner, entries[1].id))
        await ledger.run(Grant(owner.account_id, 50, "", "ada"))
    return database


async def drifts(database: Database, account: str = "") -> list[tuple[str, str, str, int, int]]:
    page = await reconcile(database, account, "", 100)
    return [(one.account_id, one.chatbot_id, one.what, one.recorded, one.actual) for one in page.drifts]


async def test_what_the_ledger_wrote_adds_up(filled: Database) -> None:
    page = await reconcile(filled, "", "", 100)
    assert (page.accounts, page.entries, page.drifts, page.last) == (3, 15, (), "")


async def test_accounts_come_in_pages(filled: Database) -> None:
    first = await reconcile(filled, "", "", 2)
    assert (first.accounts, first.last) == (2, "acct_2")
    second = await reconcile(filled, "", first.last, 2)
    assert (second.accounts, second.last) == (1, "")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE account_months SET settled = 9 WHERE account_id = 'acct_2'", [("acct_2", "", "settled", 9, 1)]),
        ("UPDATE account_months SET granted = 0 WHERE account_id = 'acct_2'", [("acct_2", "", "granted", 0, 50)]),
        ("UPDATE chatbot_days SET reserved = -1 WHERE account_id = 'acct_2'", [("acct_2", "bot_1", "reserved", -1, 2)]),
        (
            "DELETE FROM account_months WHERE account_id = 'acct_2'",
            [("acct_2", "", "granted", 0, 50), ("acct_2", "", "reserved", 0, 2), ("acct_2", "", "settled", 0, 1)],
        ),
        (
            "DELETE FROM ledger_entries WHERE account_id = 'acct_2' AND state = 'settled'",
            [("acct_2", "", "settled", 1, 0), ("acct_2", "bot_1", "settled", 1, 0)],
        ),
        (
            "UPDATE ledger_entries SET decided_ms = NULL WHERE account_id = 'acct_2' AND state = 'settled'",
            [("acct_2", "bot_1", "times", 0, 1)],
        ),
        (
            "UPDATE ledger_entries SET decided_ms = created_ms - 1 WHERE account_id = 'acct_2' AND state = 'released'",
            [("acct_2", "bot_1", "times", 0, 1)],
        ),
        (
            "UPDATE ledger_entries SET amount = 0 WHERE account_id = 'acct_2' AND state = 'granted'",
            [("acct_2", "", "granted", 50, 0), ("acct_2", "", "times", 0, 1)],
        ),
        (
            "UPDATE ledger_entries SET created_ms = created_ms - 86400000 WHERE account_id = 'acct_2'"
            " AND state = 'reserved'",
            [("acct_2", "bot_1", "period", 0, 2)],
        ),
        (
            "UPDATE ledger_entries SET state = 'stolen' WHERE account_id = 'acct_2' AND state = 'settled'",
            [("acct_2", "", "settled", 1, 0), ("acct_2", "bot_1", "settled", 1, 0), ("acct_2", "bot_1", "times", 0, 1)],
        ),
        (
            "INSERT INTO chatbot_days (account_id, chatbot_id, day, settled, reserved)"
            " VALUES ('acct_2', 'bot_7', '2026-11-02', 0, 3)",
            [("acct_2", "bot_7", "reserved", 3, 0)],
        ),
        (
            "UPDATE ledger_entries SET account_id = 'acct_9' WHERE account_id = 'acct_2' AND state = 'granted'",
            [("acct_2", "", "granted", 50, 0), ("acct_9", "", "granted", 0, 50)],
        ),
    ],
)
async def test_whatever_was_changed_behind_its_back_is_found(
    filled: Database, change: str, expected: list[tuple[str, str, str, int, int]]
) -> None:
    async with filled.write() as connection:
        await connection.execute(text(change))
    assert await drifts(filled) == expected
    assert await drifts(filled, "acct_2") == [one for one in expected if one[0] == "acct_2"]
    assert await drifts(filled, "acct_1") == []


async def test_every_page_is_one_moment_of_a_ledger_that_is_being_written(database: Database, ledger: Ledger) -> None:
    begun, rounds = asyncio.Event(), 0

    async def spend(number: int) -> None:
        owner = replace(OWNER, account_id=f"acct_{number % 3}", chatbot_id=f"bot_{number}")
        for turn in range(25):
            entry = await ledger.run(reserve(owner))
            begun.set()
            await ledger.run((Settle, Release)[turn % 2](owner, entry.id))

    spending = asyncio.gather(*(spend(number) for number in range(6)))
    await begun.wait()
    while not spending.done():
        assert (await reconcile(database, "", "", 100)).drifts == ()
        rounds += 1
    await spending
    assert rounds > 1
    assert (await reconcile(database, "", "", 100)).entries == 150


async def test_a_clock_that_is_behind_makes_no_entry_that_was_decided_before_it_was_made(
    database: Database, ledger: Ledger, clock: TurnedClock
) -> None:
    entries = [await ledger.run(reserve()) for _ in range(2)]
    clock.now -= 0.5
    await ledger.run(Settle(OWNER, entries[0].id))
    await ledger.run(Release(OWNER, entries[1].id))
    assert await drifts(database) == []
