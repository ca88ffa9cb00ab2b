"""Rows in and out of the ledger's tables, within a transaction that somebody else opened."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from services.quota.ledger.book import Changes
from services.quota.ledger.entry import DayKey, Entry, MonthKey, State, Tally
from services.quota.store.ledger_statements import (
    ADD_ENTRIES,
    DECIDE_ENTRIES,
    PUT_ON_POSTGRES,
    PUT_ON_SQLITE,
    READ_DAYS,
    READ_MONTHS,
    TAKE_ENTRIES,
    TAKE_MONTHS,
)


def take_entries(connection: Connection, ids: set[str]) -> list[Entry]:
    """The entries that exist of these, locked in the order of their ids."""
    return as_entries(connection.execute(TAKE_ENTRIES, {"ids": sorted(ids)})) if ids else []


def take_months(connection: Connection, keys: set[MonthKey], on_sqlite: bool) -> dict[MonthKey, Tally]:
    """The sums of these months, locked in the order of their keys."""
    if not keys:
        return {}
    if on_sqlite:
        parameters = {"accounts": {key.account_id for key in keys}, "months": {key.month for key in keys}}
        found = connection.execute(READ_MONTHS, _lists(parameters))
    else:
        wanted = sorted((key.account_id, key.month) for key in keys)
        nothing_used = [
            {"account_id": account, "month": month, "settled": 0, "reserved": 0, "granted": 0}
            for account, month in wanted
        ]
        found = connection.execute(TAKE_MONTHS, nothing_used)
    tallies = {MonthKey(row.account_id, row.month): Tally(row.settled, row.reserved, row.granted) for row in found}
    return {key: tally for key, tally in tallies.items() if key in keys}


def read_days(connection: Connection, keys: set[DayKey]) -> dict[DayKey, Tally]:
    """The sums of these days; their months must be taken."""
    if not keys:
        return {}
    parameters = {
        "accounts": {key.account_id for key in keys},
        "chatbots": {key.chatbot_id for key in keys},
        "days": {key.day for key in keys},
    }
    found = connection.execute(READ_DAYS, _lists(parameters))
    tallies = {DayKey(row.account_id, row.chatbot_id, row.day): Tally(row.settled, row.reserved) for row in found}
    return {key: tally for key, tally in tallies.items() if key in keys}


def write(connection: Connection, changes: Changes, on_sqlite: bool) -> None:
    """All that a book has changed."""
    if changes.added:
        # In one order everywhere: two that add the same ids at once must not wait for each other in a circle.
        added = sorted(changes.added, key=lambda entry: entry.id)
        connection.execute(ADD_ENTRIES, [_entry_row(entry) for entry in added])
    if changes.decided:
        connection.execute(DECIDE_ENTRIES, [_decision_row(entry) for entry in changes.decided])
    put = PUT_ON_SQLITE if on_sqlite else PUT_ON_POSTGRES
    if changes.months:
        connection.execute(put.months, [_tally_row(key, tally) for key, tally in changes.months.items()])
    if changes.days:
        connection.execute(put.days, [_tally_row(key, tally) for key, tally in changes.days.items()])


def as_entries(found: Iterable[Any]) -> list[Entry]:
    """Rows of `ledger_entries` as entries."""
    return [Entry(**{**row._mapping, "state": State(row.state)}) for row in found]


def _lists(parameters: dict[str, set[str]]) -> dict[str, list[str]]:
    return {name: sorted(values) for name, values in parameters.items()}


def _entry_row(entry: Entry) -> dict[str, Any]:
    return {field: getattr(entry, field) for field in Entry.__slots__} | {"state": entry.state.value}


def _decision_row(entry: Entry) -> dict[str, Any]:
    return {"entry_id": entry.id, "new_state": entry.state.value, "new_decided_ms": entry.decided_ms}


def _tally_row(key: MonthKey | DayKey, tally: Tally) -> dict[str, Any]:
    fields = {field: getattr(key, field) for field in key.__slots__}
    sums = {**fields, "settled": tally.settled, "reserved": tally.reserved}
    return sums | {"granted": tally.granted} if isinstance(key, MonthKey) else sums
