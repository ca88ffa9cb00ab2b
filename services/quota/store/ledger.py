"""The ledger's transactions: many operations in one.

Locks on Postgres, always taken in this order, so that no two transactions ever wait for each other in a circle:
entries by id, then months by key. Whoever holds a month's row may read and write that account's days of the month, and
takes further entries of it only when nobody else has them. SQLite has one writer, which is lock enough.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from services.database import Database
from services.errors import ChatmountError
from services.quota.ledger.book import Book, Changes
from services.quota.ledger.entry import MonthKey
from services.quota.ledger.operations import Operation, accounts_in_need
from services.quota.metrics import count_credits
from services.quota.store import ledger_rows as rows
from services.quota.store.ledger_statements import TAKE_STALE, TAKE_STALE_OF_MONTHS

SWEEP_SIZE = 500


class LedgerStore:
    """The only one who writes the ledger's tables."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._on_sqlite = database.is_sqlite

    async def apply(self, operations: Sequence[Operation[Any]], now: float) -> list[Any]:
        """Does the operations, in order, in one transaction that is durable on return.

        One outcome for each: what it decided, or the ChatmountError it was refused with. A refusal touches no other.
        """
        work = partial(self._apply, operations, now)
        try:
            outcomes, changes = await self._database.transact(work)
        except IntegrityError:
            # Another replica added an entry with the same id after this one had looked for it. Now there is one.
            outcomes, changes = await self._database.transact(work)
        count_credits(changes)
        return outcomes

    async def sweep(self, now: float, size: int = SWEEP_SIZE) -> int:
        """Gives back up to `size` open reservations whose time is over; returns how many it gave back."""
        expired, changes = await self._database.transact(partial(self._sweep, now, size))
        count_credits(changes)
        return expired

    def _apply(
        self, operations: Sequence[Operation[Any]], now: float, connection: Connection
    ) -> tuple[list[Any], Changes]:
        claims = [claim for operation in operations if (claim := operation.claim(now)) is not None]
        ids = {operation.reservation_id for operation in operations if operation.reservation_id is not None}
        book = Book()
        book.read(entries=rows.take_entries(connection, ids))
        months = {claim.month for claim in claims} | {entry.month_key for entry in book.entries()}
        book.read(months=rows.take_months(connection, months, self._on_sqlite))
        book.read(days=rows.read_days(connection, book.missing_days() | {claim.day for claim in claims}))
        needy = accounts_in_need(claims, book)
        if needy:
            _expire_first(connection, book, {key for key in months if key.account_id in needy}, now)
        outcomes = [_decide(operation, book, now) for operation in operations]
        changes = book.changes()
        rows.write(connection, changes, self._on_sqlite)
        return outcomes, changes

    def _sweep(self, now: float, size: int, connection: Connection) -> tuple[int, Changes]:
        book = Book()
        stale = connection.execute(TAKE_STALE, {"now_ms": int(now * 1000), "size": size})
        book.read(entries=rows.as_entries(stale))
        if not book.entries():
            return 0, book.changes()
        months = {entry.month_key for entry in book.entries()}
        book.read(months=rows.take_months(connection, months, self._on_sqlite))
        book.read(days=rows.read_days(connection, book.missing_days()))
        expired = book.expire(int(now * 1000))
        changes = book.changes()
        rows.write(connection, changes, self._on_sqlite)
        return expired, changes


def _expire_first(connection: Connection, book: Book, months: set[MonthKey], now: float) -> None:
    """A credit is never refused because of a reservation that is over but not swept yet. The months must be taken."""
    parameters = {
        "now_ms": int(now * 1000),
        "months": sorted((key.account_id, key.month) for key in months),
        "but_ids": [entry.id for entry in book.entries()],
        "size": SWEEP_SIZE,
    }
    book.read(entries=rows.as_entries(connection.execute(TAKE_STALE_OF_MONTHS, parameters)))
    book.read(days=rows.read_days(connection, book.missing_days()))
    book.expire(int(now * 1000))


def _decide(operation: Operation[Any], book: Book, now: float) -> Any:
    try:
        return operation.decide(book, now)
    except ChatmountError as refusal:
        return refusal
