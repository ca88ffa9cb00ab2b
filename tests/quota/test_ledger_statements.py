"""However long the ledger grows: no statement on the path of a request reads a whole table."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Executable, event

from services.database import Database
from services.database.migrations import migrate
from services.quota.store.ledger_statements import (
    READ_BUDGETS,
    READ_CHANNEL_DAYS,
    READ_DAYS,
    READ_MONTHS,
    READ_STALE,
    TAKE_ENTRIES,
    TAKE_STALE_OF_MONTHS,
)


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        (TAKE_ENTRIES, {"ids": ["rsv_1", "rsv_2"]}),
        (READ_STALE, {"now_ms": 5, "size": 3}),
        (TAKE_STALE_OF_MONTHS, {"now_ms": 5, "size": 3, "months": [("a", "2026-11")], "but_ids": ["rsv_1"]}),
        (READ_MONTHS, {"accounts": ["a", "b"], "months": ["2026-11"]}),
        (READ_DAYS, {"accounts": ["a", "b"], "chatbots": ["b", "c"], "days": ["2026-11-23"]}),
        (READ_CHANNEL_DAYS, {"accounts": ["a", "b"], "chatbots": ["b", "c"], "days": ["2026-11-23"]}),
        (READ_BUDGETS, {"chatbots": ["b", "c"]}),
    ],
    ids=["entries", "stale", "stale of months", "months", "days", "days of channels", "budgets"],
)
async def test_a_statement_searches_by_an_index(
    tmp_path: Path, statement: Executable, parameters: dict[str, Any]
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'quota.db'}", "quota")
    await migrate(database)

    def plan(connection: Connection) -> list[str]:
        sent: list[tuple[str, Any]] = []
        event.listen(connection, "before_cursor_execute", lambda *seen: sent.append((seen[2], seen[3])))
        connection.execute(statement, parameters)
        sql, values = sent[-1]
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]

    steps = await database.transact(plan)
    tables = ("ledger_entries", "account_months", "chatbot_days", "chatbot_channel_days", "channel_budgets")
    assert any(step.startswith("SEARCH") for step in steps), steps
    assert not [step for step in steps if step.startswith("SCAN") and step.split()[1] in tables], steps
    await database.close()
