"""What a filter of the ledger lets through is found without reading all that an account has."""

import pytest
from sqlalchemy import insert, text

from services.database import Database
from services.quota.ledger.entry import State
from services.quota.store.tables import LedgerEntryRow
from services.quota.store.usage import UsageStore
from services.quota.usage import EntryFilter
from tests.promises.plans_of_statements import Sent, rows_read_in_vain, statements

ENTRIES, RARE_EVERY, PAGE = 4_000, 500, 5

FILTERS = {
    "ix_ledger_entries_rare": EntryFilter(states=frozenset({State.EXPIRED})),
    "ix_ledger_entries_open": EntryFilter(states=frozenset({State.RESERVED})),
    "ix_ledger_entries_channel": EntryFilter(channel="playground"),
    "ix_ledger_entries_chatbot": EntryFilter(chatbot_id="bot_rare"),
    "ix_ledger_entries_account": EntryFilter(states=frozenset({State.SETTLED}), channel="api"),
}
"""By the index that finds what fits."""


def entry(number: int) -> dict[str, object]:
    """One in `RARE_EVERY` is of a rare kind, of which there are three."""
    kind = number // RARE_EVERY % 3 if number % RARE_EVERY == 0 else None
    at_ms = 1_800_000_000_000 + number
    return {
        "id": f"rsv_{number:06}",
        "account_id": "acct_1",
        "chatbot_id": "bot_rare" if kind == 0 else "bot_1",
        "api_key_id": "key_1",
        "channel": "playground" if kind == 1 else "api",
        "request_id": "r",
        "amount": 1,
        "state": {0: State.EXPIRED, 2: State.RESERVED}.get(kind, State.SETTLED),  # type: ignore[call-overload]
        "created_ms": at_ms,
        "decided_ms": at_ms,
        "expires_ms": at_ms,
        "month": "2027-01",
        "day": "2027-01-15",
    }


@pytest.fixture
async def usage(database: Database) -> UsageStore:
    async with database.write() as connection:
        await connection.execute(insert(LedgerEntryRow.__table__), [entry(number) for number in range(ENTRIES)])
        if not database.is_sqlite:
            # By itself it does so after a while; for SQLite nobody does.
            await connection.execute(text("ANALYZE"))
    return UsageStore(database)


async def test_entries_are_found_by_an_index_of_their_kind(database: Database, usage: UsageStore) -> None:
    everything = {entry.id: entry for entry in await usage.entries("acct_1", "", None, ENTRIES + 1)}
    assert len(everything) == ENTRIES
    for index, wanted in FILTERS.items():
        fitting = [
            entry.id
            for entry in everything.values()
            if (not wanted.states or entry.state in wanted.states)
            and wanted.channel in ("", entry.channel)
            and wanted.chatbot_id in ("", entry.chatbot_id)
        ]
        with statements() as sent:
            first = await usage.entries("acct_1", "", None, PAGE, wanted)
        assert [entry.id for entry in first] == fitting[:PAGE]
        assert await is_found_by(database, sent[0], index), index


async def is_found_by(database: Database, sent: Sent, index: str) -> bool:
    if not database.is_sqlite:
        return await rows_read_in_vain(database, sent, 3 * PAGE) == []
    async with database.read() as connection:
        plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent.sql}", sent.parameters)).all()
    return any(index in step[3] for step in plan)
