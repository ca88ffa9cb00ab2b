"""Totals of channels: kept with the entries, without cost for the API, and reconciled."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from services.database import Database
from services.database.migrations import migrate
from services.database.snapshot.writing import replacing
from services.quota.ledger.operations import Release, Settle
from services.quota.store.ledger import Ledger
from services.quota.store.reconciliation import reconcile
from tests.promises.plans_of_statements import statements
from tests.quota.conftest import OWNER, assert_balanced, reserve

PLAYING = replace(OWNER, api_key_id="", channel="playground")
VISITING = replace(OWNER, api_key_id="wgt_1", channel="widget")


async def test_only_other_channels_than_the_api_cost_a_statement_more(ledger: Ledger) -> None:
    counts = {}
    with statements() as sent:
        for owner, budget in ((OWNER, None), (PLAYING, None), (VISITING, 5)):
            sent.clear()
            await ledger.run(Settle(owner, (await ledger.run(reserve(owner, budget=budget))).id))
            counts[owner.channel] = (len(sent), sum("channel_" in each.sql for each in sent))
    assert counts["api"][1] == 0
    assert counts["playground"] == (counts["api"][0] + 2, 2)
    assert counts["widget"] == (counts["api"][0] + 4, 4)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE chatbot_channel_days SET settled = 9", [("bot_1", "playground", "settled", 9, 1)]),
        ("UPDATE chatbot_channel_days SET reserved = 0", [("bot_1", "playground", "reserved", 0, 1)]),
        (
            "DELETE FROM chatbot_channel_days",
            [("bot_1", "playground", "reserved", 0, 1), ("bot_1", "playground", "settled", 0, 1)],
        ),
        (
            "UPDATE ledger_entries SET channel = 'api' WHERE state = 'settled'",
            [("bot_1", "playground", "settled", 1, 0)],
        ),
        (
            "INSERT INTO chatbot_channel_days (account_id, chatbot_id, day, channel, settled, reserved)"
            " VALUES ('acct_1', 'bot_2', '2026-11-23', 'widget', 1, 0)",
            [("bot_2", "widget", "settled", 1, 0)],
        ),
    ],
)
async def test_what_was_changed_behind_the_ledgers_back_is_found_by_channel(
    database: Database, ledger: Ledger, change: str, expected: list[tuple[str, str, str, int, int]]
) -> None:
    for owner in (OWNER, PLAYING):
        made = [await ledger.run(reserve(owner)) for _ in range(3)]
        await ledger.run(Settle(owner, made[0].id))
        await ledger.run(Release(owner, made[1].id))
    await assert_balanced(database)
    async with database.write() as connection:
        await connection.execute(text(change))
    found = (await reconcile(database, "", "", 100)).drifts
    assert [(one.chatbot_id, one.channel, one.what, one.recorded, one.actual) for one in found] == expected
    assert {(one.account_id, one.period) for one in found} == {("acct_1", "2026-11-23")}


async def test_an_account_of_which_nothing_else_is_left_is_found_by_its_channels(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(
            text("INSERT INTO chatbot_channel_days VALUES ('acct_7', 'bot_1', '2026-11-23', 'widget', 1, 0)")
        )
    assert [drift.account_id for drift in (await reconcile(database, "", "", 1)).drifts] == ["acct_7"]


async def test_entries_from_before_are_added_up_by_channel(database: Database) -> None:
    times = {"created_ms": 1_780_000_000_000, "expires_ms": 1_780_000_030_000, "month": "2026-05", "day": "2026-05-28"}
    owner = {"account_id": "acct_1", "chatbot_id": "bot_1", "api_key_id": "", "request_id": "r", "amount": 1}
    made = [("api", "settled"), *(("widget", state) for state in ("settled", "settled", "reserved", "expired"))]
    sums = {"account_id": "acct_1", "settled": 3, "reserved": 1}
    async with replacing(database, "0001") as filling:
        await filling.add(
            "ledger_entries",
            [
                {"id": f"rsv_{number}", "channel": channel, "state": state, **owner, **times}
                | {"decided_ms": None if state == "reserved" else 1_780_000_030_000}
                for number, (channel, state) in enumerate(made)
            ],
        )
        await filling.add("account_months", [{"month": "2026-05", **sums}])
        await filling.add("chatbot_days", [{"chatbot_id": "bot_1", "day": "2026-05-28", **sums}])
    await migrate(database)
    await assert_balanced(database)
    async with database.read() as connection:
        found = (await connection.execute(text("SELECT * FROM chatbot_channel_days"))).all()
    assert [tuple(row) for row in found] == [("acct_1", "bot_1", "2026-05-28", "widget", 2, 1)]
