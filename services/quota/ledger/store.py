"""The ledger's SQL: many operations, one transaction.

Locks on Postgres, always taken in this order, so that no two transactions ever wait for each other in a circle:
entries by id, then months by key. Whoever holds a month's row may read and write that account's days of the month, and
takes further entries of it only when nobody else has them. SQLite has one writer, which is lock enough.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Select, bindparam, insert, literal, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.database import Database
from services.errors import ChatmountError, ErrorReason
from services.quota.ledger.book import Book, Changes
from services.quota.ledger.entry import DayKey, Entry, MonthKey, State, Tally
from services.quota.ledger.operations import Operation, accounts_in_need
from services.quota.tables import account_months, chatbot_days, ledger_entries

SWEEP_SIZE = 500

# A Postgres that neither answers nor hangs up must not hold up the one writer for ever.
TRANSACTION_SECONDS = 3.0

# The text itself and no parameter: only then do both databases see that the partial index serves.
IS_OPEN = ledger_entries.c.state == literal(State.RESERVED.value, literal_execute=True)


class LedgerStore:
    """The only one who writes the ledger's tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply(self, operations: Sequence[Operation[Any]], now: float) -> list[Any]:
        """Does the operations, in order, in one transaction that is durable on return.

        One outcome for each: what it decided, or the ChatmountError it was refused with. A refusal touches no other.
        """
        claims = [claim for operation in operations if (claim := operation.claim(now)) is not None]
        ids = {operation.reservation_id for operation in operations if operation.reservation_id is not None}
        book = Book()
        async with self._transaction() as connection:
            book.read(entries=await self._take_entries(connection, ids))
            months = {claim.month for claim in claims} | {entry.month_key for entry in book.entries()}
            book.read(months=await self._take_months(connection, months))
            book.read(days=await _read_days(connection, book.missing_days() | {claim.day for claim in claims}))
            needy = accounts_in_need(claims, book)
            if needy:
                await self._expire_for(connection, book, needy, months, now)
            outcomes = [_decide(operation, book, now) for operation in operations]
            await self._write(connection, book.changes())
        return outcomes

    async def sweep(self, now: float, size: int = SWEEP_SIZE) -> int:
        """Gives back up to `size` open reservations whose time is over; returns how many it gave back."""
        book = Book()
        async with self._transaction() as connection:
            stale = _stale(now).order_by(ledger_entries.c.id).limit(size).with_for_update(skip_locked=True)
            book.read(entries=_as_entries(await connection.execute(stale)))
            if not book.entries():
                return 0
            book.read(months=await self._take_months(connection, {entry.month_key for entry in book.entries()}))
            book.read(days=await _read_days(connection, book.missing_days()))
            expired = book.expire(int(now * 1000))
            await self._write(connection, book.changes())
        return expired

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        limit = None if self._database.is_sqlite else TRANSACTION_SECONDS
        try:
            async with asyncio.timeout(limit), self._database.write() as connection:
                yield connection
        except TimeoutError as error:
            raise ChatmountError(
                ErrorReason.ERROR_REASON_UNAVAILABLE, "The service is temporarily unavailable. Please try again."
            ) from error

    async def _expire_for(
        self, connection: AsyncConnection, book: Book, accounts: set[str], months: set[MonthKey], now: float
    ) -> None:
        """A credit is never refused because of a reservation that is over but not swept yet."""
        taken = [key for key in months if key.account_id in accounts]
        query = (
            _stale(now)
            .where(tuple_(ledger_entries.c.account_id, ledger_entries.c.month).in_(_month_tuples(taken)))
            .where(ledger_entries.c.id.not_in([entry.id for entry in book.entries()]))
            .limit(SWEEP_SIZE)
            .with_for_update(skip_locked=True)
        )
        book.read(entries=_as_entries(await connection.execute(query)))
        book.read(days=await _read_days(connection, book.missing_days()))
        book.expire(int(now * 1000))

    async def _take_entries(self, connection: AsyncConnection, ids: set[str]) -> list[Entry]:
        if not ids:
            return []
        query = select(ledger_entries).where(ledger_entries.c.id.in_(sorted(ids)))
        return _as_entries(await connection.execute(query.order_by(ledger_entries.c.id).with_for_update()))

    async def _take_months(self, connection: AsyncConnection, keys: set[MonthKey]) -> dict[MonthKey, Tally]:
        if not keys:
            return {}
        wanted = sorted(_month_tuples(keys))
        if self._database.is_sqlite:
            key = tuple_(account_months.c.account_id, account_months.c.month)
            rows = await connection.execute(select(account_months).where(key.in_(wanted)))
        else:
            # Locks a row that is there and one that is not there yet alike, in the order of the keys.
            statement = postgresql.insert(account_months)
            unchanged = statement.on_conflict_do_update(
                index_elements=list(account_months.primary_key), set_={"settled": account_months.c.settled}
            )
            rows = await connection.execute(
                unchanged.returning(*account_months.c),
                [{"account_id": account, "month": month, "settled": 0, "reserved": 0} for account, month in wanted],
            )
        return {MonthKey(row.account_id, row.month): Tally(row.settled, row.reserved) for row in rows}

    async def _write(self, connection: AsyncConnection, changes: Changes) -> None:
        if changes.added:
            await connection.execute(insert(ledger_entries), [_as_row(entry) for entry in changes.added])
        if changes.decided:
            await connection.execute(
                update(ledger_entries)
                .where(ledger_entries.c.id == bindparam("entry_id"))
                .values(state=bindparam("new_state"), decided_ms=bindparam("new_decided_ms")),
                [
                    {"entry_id": entry.id, "new_state": entry.state.value, "new_decided_ms": entry.decided_ms}
                    for entry in changes.decided
                ],
            )
        dialect: Any = sqlite if self._database.is_sqlite else postgresql
        for table, tallies in ((account_months, changes.months), (chatbot_days, changes.days)):
            if tallies:
                statement = dialect.insert(table)
                sums = {"settled": statement.excluded.settled, "reserved": statement.excluded.reserved}
                upsert = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums)
                await connection.execute(upsert, [_as_tally_row(key, tally) for key, tally in tallies.items()])


def _decide(operation: Operation[Any], book: Book, now: float) -> Any:
    try:
        return operation.decide(book, now)
    except ChatmountError as refusal:
        return refusal


async def _read_days(connection: AsyncConnection, keys: set[DayKey]) -> dict[DayKey, Tally]:
    if not keys:
        return {}
    key = tuple_(chatbot_days.c.account_id, chatbot_days.c.chatbot_id, chatbot_days.c.day)
    wanted = sorted((key.account_id, key.chatbot_id, key.day) for key in keys)
    rows = await connection.execute(select(chatbot_days).where(key.in_(wanted)))
    return {DayKey(row.account_id, row.chatbot_id, row.day): Tally(row.settled, row.reserved) for row in rows}


def _stale(now: float) -> Select[Any]:
    return select(ledger_entries).where(IS_OPEN, ledger_entries.c.expires_ms <= int(now * 1000))


def _month_tuples(keys: Iterable[MonthKey]) -> list[tuple[str, str]]:
    return [(key.account_id, key.month) for key in keys]


def _as_entries(rows: Iterable[Any]) -> list[Entry]:
    return [Entry(**{**row._mapping, "state": State(row.state)}) for row in rows]


def _as_row(entry: Entry) -> dict[str, Any]:
    return {column.name: getattr(entry, column.name) for column in ledger_entries.c}


def _as_tally_row(key: MonthKey | DayKey, tally: Tally) -> dict[str, Any]:
    fields = {field: getattr(key, field) for field in key.__slots__}
    return {**fields, "settled": tally.settled, "reserved": tally.reserved}
