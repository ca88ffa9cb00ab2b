"""Reads of the ledger, each bound to one account, and to one chatbot when one is given."""

from typing import Any

from sqlalchemy import ColumnElement, case, func, tuple_
from sqlmodel import col, select

from services.database import Database
from services.database.records import rows_in
from services.errors import invalid
from services.quota.ledger.entry import Entry, Totals
from services.quota.periods import Period, days_of
from services.quota.store.daily_credits import daily_credits, daily_query
from services.quota.store.ledger_rows import as_entry, month_totals
from services.quota.store.tables import AccountMonthRow, ChatbotDayRow, LedgerEntryRow
from services.quota.usage import EVERY_ENTRY, AccountUsage, ChatbotUsage, CreditsBy, DailyCredits, Days, EntryFilter

MAXIMUM_ROWS = 20_000


class UsageStore:
    """Never writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def usage(self, account_id: str, chatbot_id: str, period: Period) -> AccountUsage:
        """The account's month, and its chatbots used then (only `chatbot_id` unless that is empty)."""
        used = col(ChatbotDayRow.settled) + col(ChatbotDayRow.reserved)
        by_chatbot = (
            select(
                ChatbotDayRow.chatbot_id,
                func.sum(ChatbotDayRow.settled),
                func.sum(case((col(ChatbotDayRow.day) == period.day, used), else_=0)),
            )
            .where(*_scope(ChatbotDayRow, account_id, chatbot_id))
            .where(col(ChatbotDayRow.day).between(*days_of(period.month)))
            .group_by(col(ChatbotDayRow.chatbot_id))
            .having(func.sum(used) > 0)
            .order_by(col(ChatbotDayRow.chatbot_id))
        )
        async with self._database.read() as connection:
            rows = rows_in(connection)
            month = await rows.get(AccountMonthRow, (account_id, period.month))
            chatbots = (await rows.exec(by_chatbot)).all()
        return AccountUsage(
            month=period.month,
            totals=Totals() if month is None else month_totals(month),
            chatbots=tuple(ChatbotUsage(name, int(settled), int(today)) for name, settled, today in chatbots),
        )

    async def daily(
        self, account_id: str, own_chatbot_id: str, days: Days, chatbot_id: str, by: CreditsBy | None = None
    ) -> list[DailyCredits]:
        """By day, chatbot and channel, or by day and one of them, in this order.

        Of one chatbot when one is named or is the caller's own. INVALID_FIELD when that is too much for one reply.
        """
        if own_chatbot_id and chatbot_id not in ("", own_chatbot_id):
            return []
        query = daily_query(account_id, own_chatbot_id or chatbot_id, days, by).limit(MAXIMUM_ROWS + 1)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        if len(rows) > MAXIMUM_ROWS:
            raise invalid(f"These are more than {MAXIMUM_ROWS} rows. Ask for fewer days, or for one chatbot_id.")
        return daily_credits(rows, by)

    async def entries(
        self,
        account_id: str,
        chatbot_id: str,
        after: tuple[int, str] | None,
        size: int,
        chosen: EntryFilter = EVERY_ENTRY,
    ) -> list[Entry]:
        """Up to `size` entries, newest first, beginning after the one of this time (ms) and id."""
        position = col(LedgerEntryRow.created_ms), col(LedgerEntryRow.id)
        query = (
            select(LedgerEntryRow)
            .where(*_scope(LedgerEntryRow, account_id, chatbot_id), *_chosen(chosen))
            .order_by(*(column.desc() for column in position))
            .limit(size)
        )
        if after is not None:
            query = query.where(tuple_(*position) < after)
        async with self._database.read() as connection:
            return [as_entry(row) for row in (await rows_in(connection).exec(query)).all()]


def _scope(table: type[LedgerEntryRow | ChatbotDayRow], account_id: str, chatbot_id: str) -> list[Any]:
    own = [col(table.account_id) == account_id]
    return [*own, col(table.chatbot_id) == chatbot_id] if chatbot_id else own


def _chosen(entries: EntryFilter) -> list[ColumnElement[bool]]:
    row = LedgerEntryRow
    conditions = (
        (entries.states, col(row.state).in_(sorted(entries.states))),
        (entries.request_id, col(row.request_id) == entries.request_id),
        (entries.chatbot_id, col(row.chatbot_id) == entries.chatbot_id),
        (entries.since_ms, col(row.created_ms) >= entries.since_ms),
        (entries.until_ms, col(row.created_ms) < entries.until_ms),
        (entries.channel, col(row.channel) == entries.channel),
    )
    return [condition for is_asked_for, condition in conditions if is_asked_for]
