"""Adds the ledger up anew, from its rows."""

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, text, union
from sqlalchemy.ext.asyncio import AsyncConnection

from services.database import LONG_SECONDS, Database
from services.quota.audit.drift import Audit, Drift, Key, differences
from services.quota.ledger.entry import State
from services.quota.tables import account_months, chatbot_days, ledger_entries

_ROW = ledger_entries.c
_IS_OPEN = _ROW.state == State.RESERVED.value
_CONTRADICTS_ITSELF = or_(
    and_(_IS_OPEN, _ROW.decided_ms.is_not(None)),
    and_(~_IS_OPEN, _ROW.decided_ms.is_(None)),
    _ROW.amount < 0,
    _ROW.state.not_in([state.value for state in State]),
)
_HOLDING = (State.SETTLED.value, State.RESERVED.value, State.GRANTED.value)

Totals = dict[Key, dict[str, int]]


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
            return Audit(
                accounts=len(chosen),
                entries=await _count(connection, chosen),
                drifts=tuple(await _drifts(connection, chosen)),
                last=chosen[-1] if len(accounts) > size else "",
            )


async def _accounts(connection: AsyncConnection, after: str, size: int) -> list[str]:
    # An account may stand in any of the three alone, and that is just what must be found.
    known = union(
        *(select(table.c.account_id).where(table.c.account_id > after) for table in (account_months, chatbot_days)),
        select(_ROW.account_id).where(_ROW.account_id > after),
    ).subquery()
    query = select(known.c.account_id).order_by(known.c.account_id).limit(size)
    return list((await connection.execute(query)).scalars())


async def _count(connection: AsyncConnection, accounts: list[str]) -> int:
    query = select(func.count()).select_from(ledger_entries).where(_ROW.account_id.in_(accounts))
    return int((await connection.execute(query)).scalar_one())


async def _drifts(connection: AsyncConnection, accounts: list[str]) -> list[Drift]:
    months, days = await _actual(connection, accounts)
    found = [
        *differences(await _recorded_months(connection, accounts), months),
        *differences(await _recorded_days(connection, accounts), days),
    ]
    query = (
        select(_ROW.account_id, _ROW.month, func.count().label("rows"))
        .where(_ROW.account_id.in_(accounts), _CONTRADICTS_ITSELF)
        .group_by(_ROW.account_id, _ROW.month)
    )
    found += [Drift(row.account_id, "", row.month, "times", 0, row.rows) for row in await connection.execute(query)]
    return sorted(found, key=lambda drift: (drift.account_id, drift.period, drift.chatbot_id, drift.what))


async def _actual(connection: AsyncConnection, accounts: list[str]) -> tuple[Totals, Totals]:
    months: Totals = defaultdict(dict)
    days: Totals = defaultdict(dict)
    for total, period, scope in (
        (months, _ROW.month, (_ROW.account_id,)),
        (days, _ROW.day, (_ROW.account_id, _ROW.chatbot_id)),
    ):
        wanted: list[ColumnElement[bool]] = [_ROW.account_id.in_(accounts), _ROW.state.in_(_HOLDING)]
        if total is days:
            wanted.append(_ROW.state != State.GRANTED.value)
        query: Any = select(*scope, period.label("period"), _ROW.state, func.sum(_ROW.amount).label("amount"))
        for row in await connection.execute(query.where(*wanted).group_by(*scope, period, _ROW.state)):
            key = (row.account_id, row.chatbot_id if total is days else "", row.period)
            total[key][row.state] = int(row.amount)
    return months, days


async def _recorded_months(connection: AsyncConnection, accounts: list[str]) -> Totals:
    rows = await connection.execute(select(account_months).where(account_months.c.account_id.in_(accounts)))
    return {
        (row.account_id, "", row.month): {"settled": row.settled, "reserved": row.reserved, "granted": row.granted}
        for row in rows
    }


async def _recorded_days(connection: AsyncConnection, accounts: list[str]) -> Totals:
    rows = await connection.execute(select(chatbot_days).where(chatbot_days.c.account_id.in_(accounts)))
    return {
        (row.account_id, row.chatbot_id, row.day): {"settled": row.settled, "reserved": row.reserved} for row in rows
    }
