"""Every statement of a request finds its rows by an index, however many tenants there are."""

from collections.abc import AsyncIterator

import pytest

from services.database import Database
from tests.promises.bulk import Filled
from tests.promises.plans_of_statements import rows_read_in_vain, statements

TENANTS = 1_500
ENOUGH = 110
"""Rows that a step may look at. A page is a hundred."""


@pytest.fixture
async def filled(database_url: str) -> AsyncIterator[Filled]:
    opened = await Filled.open(database_url, database_url.replace("service.db", "quota.db"))
    await opened.grow(TENANTS)
    yield opened
    await opened.close()


async def test_every_hot_statement_finds_its_rows_by_an_index(filled: Filled) -> None:
    tried = 0
    for name, call in filled.calls(TENANTS // 3).items():
        with statements() as sent:
            await call()
        assert sent, name
        for one in sent:
            database = filled.quota if _is_quotas(one.sql) else filled.auth
            assert await rows_read_in_vain(database, one, ENOUGH) == [], (name, one.sql)
            tried += 1
    assert tried > 15
    for sql in ("SELECT * FROM accounts WHERE name = 'n'", "SELECT * FROM ledger_entries WHERE request_id = 'x'"):
        assert await _found_out(filled.quota if _is_quotas(sql) else filled.auth, sql)


async def _found_out(database: Database, sql: str) -> bool:
    """Whether a statement for which there is no index would have been noticed."""
    with statements() as sent:
        async with database.read() as connection:
            await connection.exec_driver_sql(sql)
    return await rows_read_in_vain(database, sent[0], ENOUGH) != []


def _is_quotas(sql: str) -> bool:
    return any(table in sql for table in ("ledger_entries", "account_months", "chatbot_days", "chatbot_channel_days"))
