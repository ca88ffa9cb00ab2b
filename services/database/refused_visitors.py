"""How many visitors of a widget were refused, and why: counts of UTC days, kept for a week.

Auth and Quota each refuse for reasons of their own, and each counts in a table of its own.
"""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from services.buffer import Buffer
from services.clock import Clock
from services.database import Database

DAYS = 7
FLUSH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RefusedVisitors:
    """Requests that were refused for one reason, in this UTC day and in the last seven."""

    reason: str
    today: int
    week: int


def refused_visitors_table(metadata: MetaData) -> Table:
    """The table of a service."""
    return Table(
        "refused_visitors",
        metadata,
        Column("chatbot_id", String(80), primary_key=True),
        Column("day", String(10), primary_key=True),
        Column("reason", String(20), primary_key=True),
        Column("requests", Integer, nullable=False),
    )


class RefusalCounts:
    """Counts of a service.

    They are written every few seconds, and a process that is killed loses those.
    """

    def __init__(self, database: Database, table: Table, clock: Clock, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._database = database
        self._clock = clock
        self._of = _of(table)
        self._add = _add(table, database.is_sqlite)
        self._forget = delete(table).where(table.c.day < bindparam("first"))
        buffer: Buffer[tuple[str, str, str]] = Buffer(
            self._write, operator.add, "counting refused visitors", flush_seconds
        )
        self._buffer, self.flushing = buffer, buffer.flushing

    def count(self, chatbot_id: str, reason: str) -> None:
        """A request was refused."""
        self._buffer.put((chatbot_id, self._day(), reason), 1)

    async def of(self, chatbot_id: str) -> Sequence[RefusedVisitors]:
        """By reason, in the order of their names; those of other processes a few seconds late."""
        await self._buffer.flush()
        within = {"of": chatbot_id, "today": self._day(), "first": self._day(DAYS - 1)}
        rows = await self._database.fetch(self._of, within)
        return [RefusedVisitors(reason, int(today), int(week)) for reason, today, week in rows]

    def _day(self, ago: int = 0) -> str:
        return (datetime.fromtimestamp(self._clock(), UTC) - timedelta(days=ago)).strftime("%Y-%m-%d")

    async def _write(self, counts: Mapping[tuple[str, str, str], int]) -> None:
        # In one order everywhere: two processes must not wait for each other in a circle.
        rows = [
            {"chatbot_id": chatbot_id, "day": day, "reason": reason, "requests": requests}
            for (chatbot_id, day, reason), requests in sorted(counts.items())
        ]
        async with self._database.write() as connection:
            await connection.execute(self._add, rows)
            await connection.execute(self._forget, {"first": self._day(DAYS - 1)})


def _of(table: Table) -> Any:
    today = case((table.c.day == bindparam("today"), table.c.requests), else_=0)
    return (
        select(table.c.reason, func.sum(today), func.sum(table.c.requests))
        .where(table.c.chatbot_id == bindparam("of"), table.c.day >= bindparam("first"))
        .group_by(table.c.reason)
        .order_by(table.c.reason)
    )


def _add(table: Table, on_sqlite: bool) -> Any:
    new = (sqlite if on_sqlite else postgresql).insert(table)
    keys = [column.name for column in table.primary_key]
    return new.on_conflict_do_update(index_elements=keys, set_={"requests": table.c.requests + new.excluded.requests})
