"""The ledger's transactions: many operations in one.

Locks on Postgres, always taken in this order, so that no two transactions ever wait for each other in a circle:
entries by id, then months by key. The holder of a month's row may read and write that account's days of the month, and
takes further entries of it only when nobody else has them. SQLite has one writer, which is lock enough.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import Connection

from services.clock import Clock, system_clock
from services.database import Database
from services.database.batches import Batches
from services.errors import ChatmountError
from services.quota.ledger.allowance import Allowance, accounts_in_need
from services.quota.ledger.book import Book, Changes
from services.quota.ledger.entry import MonthKey
from services.quota.ledger.operations import Operation, undo
from services.quota.metrics import LEDGER_BATCH_SIZE, LEDGER_COMMIT_SECONDS, LEDGER_WAITING, count_credits
from services.quota.store import ledger_rows as rows
from services.quota.store.ledger_statements import READ_STALE, TAKE_STALE_OF_MONTHS

logger = logging.getLogger("chatmount.quota")

MAXIMUM_SHARED = 256
MAXIMUM_WAITING = 10_000
SWEEP_SIZE = 500

Ledger = Batches[Operation[Any], Any]
"""`run` does an operation durably and returns its outcome, or raises its refusal, which touches no other operation.

A reservation made for a caller that has left is given back, unless its id is the caller's own.
"""


class LedgerStore:
    """The ledger's tables; nothing else writes them."""

    def __init__(self, database: Database, clock: Clock = system_clock) -> None:
        self._database = database
        self._clock = clock
        # Of the transaction that is under way: the ledger has one at a time.
        self._changes = Book().changes()

    def open(self, shared: int = MAXIMUM_SHARED) -> Ledger:
        """The ledger, with up to `shared` operations to a transaction."""
        ledger: Ledger = self._database.batches(
            self._apply, size=shared, maximum_waiting=MAXIMUM_WAITING, measure=self._measure, undo=undo
        )
        LEDGER_WAITING.set_function(lambda: ledger.waiting)
        return ledger

    async def sweep(self, size: int = SWEEP_SIZE) -> int:
        """Gives back all overdue reservations, `size` to a transaction; returns how many."""
        swept = 0
        while (changes := await self._database.transact(partial(self._expire, size))).decided:
            count_credits(changes)
            swept += len(changes.decided)
            logger.info("gave back %d reservations whose time was over", len(changes.decided))
        return swept

    @contextmanager
    def _measure(self, size: int) -> Iterator[None]:
        LEDGER_BATCH_SIZE.observe(size)
        with LEDGER_COMMIT_SECONDS.time():
            yield
        count_credits(self._changes)

    def _apply(self, operations: Sequence[Operation[Any]], connection: Connection) -> list[Any]:
        now = self._clock()
        ids = {operation.entry_id for operation in operations if operation.entry_id is not None}
        book = Book()
        if ids:
            book.read(entries=rows.take_entries(connection, ids))
        allowances = [allowance for operation in operations if (allowance := operation.allowance(now)) is not None]
        months = self._read_totals(connection, book, allowances)
        needy = accounts_in_need(allowances, book)
        if needy:
            _expire_first(connection, book, {key for key in months if key.account_id in needy}, now)
        outcomes = [_decide(operation, book, now) for operation in operations]
        self._changes = book.changes()
        rows.write(connection, self._changes, self._database.is_sqlite)
        return outcomes

    def _expire(self, size: int, connection: Connection) -> Changes:
        now, book = self._clock(), Book()
        stale = connection.execute(READ_STALE, {"now_ms": int(now * 1000), "size": size})
        months = {entry.month_key for entry in map(rows.as_entry, stale)}
        if not months:
            return book.changes()
        # Months first: a credit that is asked for meanwhile would find the reservations taken, and be refused.
        book.read(months=rows.take_months(connection, months, self._database.is_sqlite))
        _expire_first(connection, book, months, now, size)
        rows.write(connection, book.changes(), self._database.is_sqlite)
        return book.changes()

    def _read_totals(self, connection: Connection, book: Book, allowances: Sequence[Allowance] = ()) -> set[MonthKey]:
        """Reads the totals of the book's entries and the allowances; returns the months, now taken."""
        months = {allowance.month for allowance in allowances} | {entry.month_key for entry in book.entries()}
        book.read(months=rows.take_months(connection, months, self._database.is_sqlite))
        book.read(days=rows.read_days(connection, book.missing_days() | {allowance.day for allowance in allowances}))
        if parts := {allowance.budget.key for allowance in allowances if allowance.budget is not None}:
            book.read(channel_days=rows.read_channel_days(connection, parts), budgets=rows.budgets(connection, parts))
        return months


def _expire_first(
    connection: Connection, book: Book, months: set[MonthKey], now: float, size: int = SWEEP_SIZE
) -> None:
    """Gives overdue reservations back, so that they get no credit refused. Months must be taken."""
    parameters = {
        "now_ms": int(now * 1000),
        "months": sorted((key.account_id, key.month) for key in months),
        "but_ids": [entry.id for entry in book.entries()],
        "size": size,
    }
    book.read(entries=map(rows.as_entry, connection.execute(TAKE_STALE_OF_MONTHS, parameters)))
    book.read(days=rows.read_days(connection, book.missing_days()))
    book.expire(now)


def _decide(operation: Operation[Any], book: Book, now: float) -> Any:
    try:
        return operation.decide(book, now)
    except ChatmountError as refusal:
        return refusal
