"""Reads a ledger at one moment, to reconcile it."""

from typing import Any

from sqlalchemy import and_, case, func, or_, select, text, union
from sqlalchemy.ext.asyncio import AsyncConnection

from services.database import LONG_SECONDS, Database
from services.quota.ledger.entry import State, Totals
from services.quota.ledger.reconciliation import Key, Reconciliation, RowGroup, drifts
from services.quota.store.ledger_rows import day_totals, month_totals
from services.quota.store.tables import AccountMonthRow, ChatbotChannelDayRow, ChatbotDayRow, LedgerEntryRow

_ENTRY, _MONTH = LedgerEntryRow.__table__.c, AccountMonthRow.__table__.c
_DAY, _CHANNEL_DAY = ChatbotDayRow.__table__.c, ChatbotChannelDayRow.__table__.c
_IS_OPEN = _ENTRY.state == State.RESERVED.value
_CONTRADICTS_ITSELF = or_(
    and_(_IS_OPEN, _ENTRY.decided_ms.is_not(None)),
    and_(~_IS_OPEN, _ENTRY.decided_ms.is_(None)),
    and_(_ENTRY.state == State.EXPIRED.value, _ENTRY.decided_ms < _ENTRY.expires_ms),
    _ENTRY.decided_ms < _ENTRY.created_ms,
    _ENTRY.expires_ms < _ENTRY.created_ms,
    _ENTRY.amount < 0,
    and_(_ENTRY.amount == 0, _ENTRY.state != State.RELEASED.value),
    _ENTRY.state.not_in([state.value for state in State]),
)
_GROUP = (_ENTRY.account_id, _ENTRY.chatbot_id, _ENTRY.channel, _ENTRY.month, _ENTRY.day, _ENTRY.state)


async def reconcile(database: Database, account_id: str, after: str, size: int) -> Reconciliation:
    """Reconciles up to `size` accounts behind `after` in the order of their ids, or only one."""
    async with database.read(LONG_SECONDS) as connection:
        if not database.is_sqlite:
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        accounts = [account_id] if account_id else await _accounts(connection, after, size + 1)
        chosen = accounts[:size]
        groups = await _groups(connection, chosen)
        recorded = await _recorded(connection, chosen)
    return Reconciliation(
        accounts=len(chosen),
        entries=sum(group.count for group in groups),
        drifts=drifts(recorded, groups),
        last=chosen[-1] if len(accounts) > size else "",
    )


async def _accounts(connection: AsyncConnection, after: str, size: int) -> list[str]:
    # An account may stand in any of these alone, and that is just what must be found. Each gives no more than is
    # asked for: a ledger with many accounts must not be read whole for every page.
    of_each: list[Any] = [
        select(
            select(column)
            .distinct()
            .where(column > after)
            .order_by(column)
            .limit(size)
            .subquery(f"of_{column.table.name}")
            .c.account_id
        )
        for column in (_MONTH.account_id, _DAY.account_id, _CHANNEL_DAY.account_id, _ENTRY.account_id)
    ]
    known = union(*of_each).subquery()
    query = select(known.c.account_id).order_by(known.c.account_id).limit(size)
    return list((await connection.execute(query)).scalars())


async def _groups(connection: AsyncConnection, accounts: list[str]) -> list[RowGroup]:
    query = (
        select(
            *_GROUP,
            func.count(),
            func.sum(_ENTRY.amount),
            func.sum(case((_CONTRADICTS_ITSELF, 1), else_=0)),
            func.min(_ENTRY.created_ms),
            func.max(_ENTRY.created_ms),
        )
        .where(_ENTRY.account_id.in_(accounts))
        .group_by(*_GROUP)
    )
    rows = (await connection.execute(query)).all()
    return [RowGroup(*row[:6], *(int(number) for number in row[6:])) for row in rows]


async def _recorded(connection: AsyncConnection, accounts: list[str]) -> dict[Key, Totals]:
    months = await connection.execute(select(AccountMonthRow.__table__).where(_MONTH.account_id.in_(accounts)))
    recorded = {(row.account_id, "", "", row.month): month_totals(row) for row in months}
    days = await connection.execute(select(ChatbotDayRow.__table__).where(_DAY.account_id.in_(accounts)))
    recorded |= {(row.account_id, row.chatbot_id, "", row.day): day_totals(row) for row in days}
    parts = select(ChatbotChannelDayRow.__table__).where(_CHANNEL_DAY.account_id.in_(accounts))
    return recorded | {
        (row.account_id, row.chatbot_id, row.channel, row.day): day_totals(row)
        for row in await connection.execute(parts)
    }
