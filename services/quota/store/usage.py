"""Reads of the ledger, each bound to one account, and to one chatbot when one is given."""

from collections.abc import Collection, Iterator, Sequence
from functools import reduce
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, case, func, literal, tuple_
from sqlmodel import col, select

from services.database import Database
from services.database.records import rows_in
from services.errors import invalid
from services.quota.ledger.entry import Entry, Totals
from services.quota.periods import Period, days_of
from services.quota.store.ledger_rows import as_entry, month_totals
from services.quota.store.tables import AccountMonthRow, ChatbotChannelDayRow, ChatbotDayRow, LedgerEntryRow
from services.quota.usage import (
    ALL_PARTS,
    EVERY_ENTRY,
    AccountUsage,
    ChatbotUsage,
    CreditsPart,
    DailyCredits,
    Days,
    EntryFilter,
)
from services.trust.principal import Channel

MAXIMUM_ROWS = 20_000

# Comes before the name of every channel.
_WHOLE = literal("", sa.String)


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
        self,
        account_id: str,
        own_chatbot_id: str,
        days: Days,
        chatbot_id: str,
        told_apart: Collection[CreditsPart] = ALL_PARTS,
    ) -> list[DailyCredits]:
        """Credits by the parts that are told apart.

        Of one chatbot when one is named or is the caller's own. INVALID_FIELD when that is too much for one reply.
        """

        by_channel = CreditsPart.CHANNEL in told_apart

        def sums(table: type[ChatbotDayRow | ChatbotChannelDayRow], *channel: Any) -> Any:
            row = table.__table__.c
            columns = {CreditsPart.DAY: row.day, CreditsPart.CHATBOT: row.chatbot_id}
            keys = [(columns[part] if part in told_apart else _WHOLE).label(part) for part in columns]
            groups = [columns[part] for part in columns if part in told_apart]
            scope = [*_scope(table, account_id, own_chatbot_id), row.day.between(days.since, days.until)]
            scope += [row.chatbot_id == chatbot_id] if chatbot_id else []
            return (
                sa.select(
                    *keys,
                    *(channel or [_WHOLE.label("channel")]),
                    func.max(row.day),
                    func.sum(row.settled),
                    func.sum(row.reserved),
                )
                .where(*scope, row.settled + row.reserved > 0)
                .group_by(*groups, *channel)
            )

        query = sums(ChatbotDayRow)
        if by_channel:
            # One statement, which sees one moment: a day and its parts must fit each other.
            query = query.union_all(sums(ChatbotChannelDayRow, ChatbotChannelDayRow.__table__.c.channel))
        query = query.order_by(CreditsPart.DAY, CreditsPart.CHATBOT, CreditsPart.CHANNEL).limit(MAXIMUM_ROWS + 1)
        rows = await self._database.fetch(query)
        if len(rows) > MAXIMUM_ROWS:
            raise invalid(f"These are more than {MAXIMUM_ROWS} rows. Ask for fewer days, or for one chatbot_id.")
        if by_channel:
            return [credits for _, of_group in groupby(rows, itemgetter(0, 1)) for credits in _shares(list(of_group))]
        return [
            DailyCredits(day or last_day, chatbot, "", int(settled), int(reserved))
            for day, chatbot, _, last_day, settled, reserved in rows
        ]

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
            sa.select(LedgerEntryRow.__table__)
            .where(*_scope(LedgerEntryRow, account_id, chatbot_id), *_chosen(chosen))
            .order_by(*(column.desc() for column in position))
            .limit(size)
        )
        if after is not None:
            query = query.where(tuple_(*position) < after)
        return [as_entry(row) for row in await self._database.fetch(query)]


def _shares(rows: Sequence[Any]) -> Iterator[DailyCredits]:
    """Of each channel, from the sums of all and then of the channels.

    The API's are what the others leave.
    """
    day, chatbot_id, _, last_day, *totals = rows[0]
    if last_day is None:
        return
    shares = {row[2]: Totals(*map(int, row[4:])) for row in rows[1:]}
    shares[Channel.API] = reduce(Totals.less, shares.values(), Totals(*map(int, totals)))
    for channel, share in sorted(shares.items()):
        if share.used:
            yield DailyCredits(day or last_day, chatbot_id, channel, share.settled, share.reserved)


def _scope(
    table: type[LedgerEntryRow | ChatbotDayRow | ChatbotChannelDayRow], account_id: str, chatbot_id: str
) -> list[Any]:
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
