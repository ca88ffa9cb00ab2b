"""Rows in and out of the ledger's tables, within a transaction that is open."""

from itertools import starmap
from typing import Any

from sqlalchemy import Connection

from services.database.records import to_columns, to_record
from services.database.statements import change, rows
from services.quota.ledger.book import Changes
from services.quota.ledger.entry import ChannelDayKey, DayKey, Entry, MonthKey, State, Totals
from services.quota.store.ledger_statements import (
    ADD_CHANNEL_DAYS,
    ADD_ENTRIES,
    DECIDE_ENTRIES,
    PUT_DAYS,
    PUT_MONTHS,
    READ_BUDGETS,
    READ_CHANNEL_DAYS,
    READ_DAYS,
    READ_MONTHS,
    TAKE_ENTRIES,
    TAKE_MONTHS,
)
from services.quota.store.tables import AccountMonthRow, ChatbotChannelDayRow, ChatbotDayRow, LedgerEntryRow

as_entry = to_record(Entry, LedgerEntryRow, state=State)
month_key = to_record(MonthKey, AccountMonthRow)
month_totals = to_record(Totals, AccountMonthRow)
day_key = to_record(DayKey, ChatbotDayRow)
channel_day_key = to_record(ChannelDayKey, ChatbotChannelDayRow)

_entry_columns = to_columns(Entry, LedgerEntryRow, state=str)
_month_key_columns = to_columns(MonthKey, AccountMonthRow)
_month_totals_columns = to_columns(Totals, AccountMonthRow)
_day_key_columns = to_columns(DayKey, ChatbotDayRow)
_channel_day_key_columns = to_columns(ChannelDayKey, ChatbotChannelDayRow)


def day_totals(row: Any) -> Totals:
    """The totals of a day or a part of it, for which nothing is granted."""
    return Totals(row.settled, row.reserved)


def take_entries(connection: Connection, ids: set[str]) -> list[Entry]:
    """The entries with these ids that there are, locked in the order of their ids."""
    return list(map(as_entry, rows(connection, TAKE_ENTRIES, {"ids": sorted(ids)})))


def take_months(connection: Connection, keys: set[MonthKey], on_sqlite: bool) -> dict[MonthKey, Totals]:
    """The totals of these months, locked in the order of their keys."""
    if not keys:
        return {}
    if on_sqlite:
        parameters = {"accounts": list({key.account_id for key in keys}), "months": list({key.month for key in keys})}
        found = rows(connection, READ_MONTHS, parameters)
    else:
        accounts, months = zip(*sorted((key.account_id, key.month) for key in keys), strict=True)
        found = rows(connection, TAKE_MONTHS, {"accounts": accounts, "months": months})
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
    totals = {day_key(row): day_totals(row) for row in rows(connection, READ_DAYS, parameters)}
    return {key: totals[key] for key in totals.keys() & keys}


def read_channel_days(connection: Connection, keys: set[ChannelDayKey]) -> dict[ChannelDayKey, Totals]:
    """The totals of these parts of days; their months must be taken."""
    parameters = {
        "accounts": list({key.account_id for key in keys}),
        "chatbots": list({key.chatbot_id for key in keys}),
        "days": list({key.day for key in keys}),
    }
    found = rows(connection, READ_CHANNEL_DAYS, parameters)
    totals = {channel_day_key(row): day_totals(row) for row in found}
    return {key: totals[key] for key in totals.keys() & keys}


def budgets(connection: Connection, keys: set[ChannelDayKey]) -> dict[ChannelDayKey, int]:
    """The budgets that were set for channels of chatbots."""
    found = rows(connection, READ_BUDGETS, {"chatbots": list({key.chatbot_id for key in keys})})
    per_day = {(row.chatbot_id, row.channel): row.per_day for row in found}
    return {key: per_day[place] for key in keys if (place := (key.chatbot_id, key.channel)) in per_day}


def write(connection: Connection, changes: Changes, on_sqlite: bool) -> None:
    """Writes all that a book has changed."""
    if changes.added:
        # In one order everywhere: two that add the same ids at once must not wait for each other in a circle.
        added = sorted(changes.added, key=lambda entry: entry.id)
        change(connection, ADD_ENTRIES, *map(_entry_columns, added))
    if changes.decided:
        change(connection, DECIDE_ENTRIES, *map(_decision, changes.decided))
    if changes.months:
        change(connection, PUT_MONTHS[on_sqlite], *starmap(_month_columns, changes.months.items()))
    if changes.days:
        change(connection, PUT_DAYS[on_sqlite], *starmap(_day_columns, changes.days.items()))
    if changes.channel_days:
        change(connection, ADD_CHANNEL_DAYS[on_sqlite], *starmap(_channel_day_columns, changes.channel_days.items()))


def _decision(entry: Entry) -> dict[str, Any]:
    return {"entry_id": entry.id, "new_state": entry.state.value, "new_decided_ms": entry.decided_ms}


def _month_columns(key: MonthKey, totals: Totals) -> dict[str, Any]:
    return _month_key_columns(key) | _month_totals_columns(totals)


def _day_columns(key: DayKey, totals: Totals) -> dict[str, Any]:
    return _day_key_columns(key) | _day_totals_columns(totals)


def _channel_day_columns(key: ChannelDayKey, totals: Totals) -> dict[str, Any]:
    return _channel_day_key_columns(key) | _day_totals_columns(totals)


def _day_totals_columns(totals: Totals) -> dict[str, int]:
    return {"settled": totals.settled, "reserved": totals.reserved}
