"""Adds the ledger up anew, from its rows."""

from typing import Any

from sqlalchemy import and_, case, func, or_, select, text, union
from sqlalchemy.ext.asyncio import AsyncConnection

from services.database import LONG_SECONDS, Database
from services.quota.ledger.drift import Audit, Rows, Sums, contradictions, differences, sums_of
from services.quota.ledger.entry import State
from services.quota.store.tables import account_months, chatbot_days, ledger_entries

_ROW = ledger_entries.c
_IS_OPEN = _ROW.state == State.RESERVED.value
_CONTRADICTS_ITSELF = or_(
    and_(_IS_OPEN, _ROW.decided_ms.is_not(None)),
    and_(~_IS_OPEN, _ROW.decided_ms.is_(None)),
    and_(_ROW.state == State.EXPIRED.value, _ROW.decided_ms < _ROW.expires_ms),
    _ROW.decided_ms < _ROW.created_ms,
    _ROW.expires_ms < _ROW.created_ms,
    _ROW.amount < 0,
    and_(_ROW.amount == 0, _ROW.state != State.RELEASED.value),
    _ROW.state.not_in([state.value for state in State]),
)
_GROUP = (_ROW.account_id, _ROW.chatbot_id, _ROW.month, _ROW.day, _ROW.state)


class AuditStore:
    """Never writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, account_id: str, after: str, size: int) -> Audit:
        """Up to `size` accounts behind `after` in the order of their ids, or only this one; all at one moment."""
        async with self._database.read(LONG_SECONDS) as connection:
            if not self._database.is_sqlite:
                await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            accounts = [account_id] if account_id else await _accounts(connection, after, size + 1)
            chosen = accounts[:size]
            groups = await _groups(connection, chosen)
            recorded_months = await _recorded_months(connection, chosen)
            recorded_days = await _recorded_days(connection, chosen)
        months, days = sums_of(groups)
        drifts = [
            *differences(recorded_months, months),
            *differences(recorded_days, days),
            *contradictions(groups),
        ]
        return Audit(
            accounts=len(chosen),
            entries=sum(rows.count for rows in groups),
            drifts=tuple(sorted(drifts, key=lambda one: (one.account_id, one.period, one.chatbot_id, one.what))),
            last=chosen[-1] if len(accounts) > size else "",
        )


async def _accounts(connection: AsyncConnection, after: str, size: int) -> list[str]:
    # An account may stand in any of the three alone, and that is just what must be found. Each gives no more than is
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
        for column in (account_months.c.account_id, chatbot_days.c.account_id, _ROW.account_id)
    ]
    known = union(*of_each).subquery()
    query = select(known.c.account_id).order_by(known.c.account_id).limit(size)
    return list((await connection.execute(query)).scalars())


async def _groups(connection: AsyncConnection, accounts: list[str]) -> list[Rows]:
    query = (
        select(
            *_GROUP,
            func.count(),
            func.sum(_ROW.amount),
            func.sum(case((_CONTRADICTS_ITSELF, 1), else_=0)),
            func.min(_ROW.created_ms),
            func.max(_ROW.created_ms),
        )
        .where(_ROW.account_id.in_(accounts))
        .group_by(*_GROUP)
    )
    rows = (await connection.execute(query)).all()
    return [Rows(*row[:5], *(int(number) for number in row[5:])) for row in rows]


async def _recorded_months(connection: AsyncConnection, accounts: list[str]) -> Sums:
    rows = await connection.execute(select(account_months).where(account_months.c.account_id.in_(accounts)))
    return {
        (row.account_id, "", row.month): {"settled": row.settled, "reserved": row.reserved, "granted": row.granted}
        for row in rows
    }


async def _recorded_days(connection: AsyncConnection, accounts: list[str]) -> Sums:
    rows = await connection.execute(select(chatbot_days).where(chatbot_days.c.account_id.in_(accounts)))
    return {
        (row.account_id, row.chatbot_id, row.day): {"settled": row.settled, "reserved": row.reserved} for row in rows
    }
