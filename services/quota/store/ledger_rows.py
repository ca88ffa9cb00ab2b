"""Rows in and out of the ledger's tables, within a transaction that is open."""

from typing import Any

from sqlalchemy import Connection

from services.database.records import to_columns, to_record
from services.quota.ledger.book import Changes
from services.quota.ledger.entry import DayKey, Entry, MonthKey, State, Totals
from services.quota.store.ledger_statements import (
    ADD_ENTRIES,
    DECIDE_ENTRIES,
    PUT_DAYS,
    PUT_MONTHS,
    READ_DAYS,
    READ_MONTHS,
    TAKE_MONTHS,
)
from services.quota.store.tables import AccountMonthRow, ChatbotDayRow, LedgerEntryRow

as_entry = to_record(Entry, LedgerEntryRow, state=State)
month_key = to_record(MonthKey, AccountMonthRow)
month_totals = to_record(Totals, AccountMonthRow)
day_key = to_record(DayKey, ChatbotDayRow)

_entry_columns = to_columns(Entry, LedgerEntryRow, state=str)
_month_key_columns = to_columns(MonthKey, AccountMonthRow)
_month_totals_columns = to_columns(Totals, AccountMonthRow)
_day_key_columns = to_columns(DayKey, ChatbotDayRow)


def day_totals(row: Any) -> Totals:
    """The totals of a day, for which nothing is granted."""
    return Totals(row.settled, row.reserved)


def take_months(connection: Connection, keys: set[MonthKey], on_sqlite: bool) -> dict[MonthKey, Totals]:
    """The totals of these months, locked in the order of their keys."""
    if not keys:
        return {}
    if on_sqlite:
        parameters = {"accounts": list({key.account_id for key in keys}), "months": list({key.month for key in keys})}
        found = connection.execute(READ_MONTHS, parameters)
    else:
        ordered = sorted(keys, key=lambda key: (key.account_id, key.month))
        found = connection.execute(TAKE_MONTHS, [_month_columns(key, Totals()) for key in ordered])
    totals = {month_key(row): month_totals(row) for row in found}
    return {key: totals[key] for key in totals.keys() & keys}


def read_days(connection: Connection, keys: set[DayKey]) -> dict[DayKey, Totals]:
    """The totals of these days; their months must be taken."""
    if not keys:
        return {}
    parameters = {
        "accounts": list({key.account_id for key in keys}),
        "chatbots": list({key.chatbot_id for key in keys}),
        "days": list({key.day for key in keys}),
    }
    totals = {day_key(row): day_totals(row) for row in connection.execute(READ_DAYS, parameters)}
    return {key: totals[key] for key in totals.keys() & keys}


def write(connection: Connection, changes: Changes, on_sqlite: bool) -> None:
    """Writes all that a book has changed."""
    if changes.added:
        # In one order everywhere: two that add the same ids at once must not wait for each other in a circle.
        added = sorted(changes.added, key=lambda entry: entry.id)
        connection.execute(ADD_ENTRIES, [_entry_columns(entry) for entry in added])
    if changes.decided:
        connection.execute(DECIDE_ENTRIES, [_decision(entry) for entry in changes.decided])
    if changes.months:
        connection.execute(PUT_MONTHS[on_sqlite], [_month_columns(*month) for month in changes.months.items()])
    if changes.days:
        connection.execute(PUT_DAYS[on_sqlite], [_day_columns(*day) for day in changes.days.items()])


def _decision(entry: Entry) -> dict[str, Any]:
    return {"entry_id": entry.id, "new_state": entry.state.value, "new_decided_ms": entry.decided_ms}


def _month_columns(key: MonthKey, totals: Totals) -> dict[str, Any]:
    return _month_key_columns(key) | _month_totals_columns(totals)


def _day_columns(key: DayKey, totals: Totals) -> dict[str, Any]:
    return _day_key_columns(key) | {"settled": totals.settled, "reserved": totals.reserved}
