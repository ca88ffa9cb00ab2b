"""Reads of the ledger for its owners. Every query is bound to one account, and to one chatbot when one is given."""

from typing import Any

from sqlalchemy import ColumnElement, case, func, select, tuple_

from services.database import Database
from services.quota.ledger.entry import Entry, Tally
from services.quota.periods import Period
from services.quota.store.ledger_rows import as_entries
from services.quota.store.tables import account_months, chatbot_days, ledger_entries
from services.quota.usage import EVERY_ENTRY, ChatbotUsage, EntryFilter, Usage


class UsageStore:
    """Never writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def usage(self, account_id: str, chatbot_id: str, period: Period) -> Usage:
        """The account's month, and its chatbots that were used in it (only `chatbot_id` unless that is empty)."""
        months, days = account_months.c, chatbot_days.c
        used = days.settled + days.reserved
        today = func.sum(case((days.day == period.day, used), else_=0)).label("requests_today")
        by_chatbot = (
            select(days.chatbot_id, func.sum(days.settled).label("credits_used"), today)
            .where(*_scope(days, account_id, chatbot_id))
            .where(days.day.between(f"{period.month}-01", f"{period.month}-31"))
            .group_by(days.chatbot_id)
            .having(func.sum(used) > 0)
            .order_by(days.chatbot_id)
        )
        month = select(months.settled, months.reserved, months.granted).where(
            months.account_id == account_id, months.month == period.month
        )
        async with self._database.read() as connection:
            row = (await connection.execute(month)).one_or_none()
            chatbots = (await connection.execute(by_chatbot)).all()
        return Usage(
            month=period.month,
            tally=Tally() if row is None else Tally(row.settled, row.reserved, row.granted),
            chatbots=tuple(
                ChatbotUsage(row.chatbot_id, int(row.credits_used), int(row.requests_today)) for row in chatbots
            ),
        )

    async def entries(
        self,
        account_id: str,
        chatbot_id: str,
        after: tuple[int, str] | None,
        size: int,
        chosen: EntryFilter = EVERY_ENTRY,
    ) -> list[Entry]:
        """Up to `size` entries, newest first, beginning after the one of this time (ms) and id."""
        columns = ledger_entries.c
        query = (
            select(ledger_entries)
            .where(*_scope(columns, account_id, chatbot_id), *_chosen(columns, chosen))
            .order_by(columns.created_ms.desc(), columns.id.desc())
            .limit(size)
        )
        if after is not None:
            query = query.where(tuple_(columns.created_ms, columns.id) < after)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return as_entries(rows)


def _scope(columns: Any, account_id: str, chatbot_id: str) -> list[ColumnElement[bool]]:
    mine: list[ColumnElement[bool]] = [columns.account_id == account_id]
    if chatbot_id:
        mine.append(columns.chatbot_id == chatbot_id)
    return mine


def _chosen(columns: Any, chosen: EntryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.states:
        conditions.append(columns.state.in_(sorted(chosen.states)))
    if chosen.request_id:
        conditions.append(columns.request_id == chosen.request_id)
    if chosen.chatbot_id:
        conditions.append(columns.chatbot_id == chosen.chatbot_id)
    if chosen.since_ms:
        conditions.append(columns.created_ms >= chosen.since_ms)
    if chosen.until_ms is not None:
        conditions.append(columns.created_ms < chosen.until_ms)
    return conditions
