"""The statements of usage, each made once: making one costs more than running it."""

from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, String, bindparam, case, func, literal, or_, select, tuple_

from services.quota.store.tables import (
    OPEN,
    OTHER_CHANNELS,
    RARE,
    AccountMonthRow,
    ChatbotChannelDayRow,
    ChatbotDayRow,
    LedgerEntryRow,
)
from services.quota.usage import CreditsPart

_MONTHS, _DAYS, _CHANNEL_DAYS = (table.__table__ for table in (AccountMonthRow, ChatbotDayRow, ChatbotChannelDayRow))
_ENTRIES = LedgerEntryRow.__table__

# Comes before the name of every channel.
_WHOLE = literal("", String)
_IN_DAYS: tuple[Any, Any] = bindparam("since"), bindparam("until")

MONTH = select(_MONTHS).where(_MONTHS.c.account_id == bindparam("account_id"), _MONTHS.c.month == bindparam("month"))

# The few that are open, by their own index. Without MATERIALIZED, SQLite would look at all entries of the account.
_OPEN_ENTRIES = select(_ENTRIES).where(OPEN).cte("open_entries").prefix_with("MATERIALIZED")


@cache
def entries(named: frozenset[str], *, are_open: bool, are_rare: bool, are_of_others: bool) -> Select[Any]:
    """Entries of an account that the parameters of these names narrow, the newest first.

    `are_open`, `are_rare`, `are_of_others`: whether all that are asked for are open, in rare states, or of other
    channels than the API.
    """
    row = (_OPEN_ENTRIES if are_open else _ENTRIES).c
    equal = {name: row[name] == bindparam(name) for name in ("channel", "request_id", "chatbot_id")}
    conditions = {
        **equal,
        "own_chatbot_id": row.chatbot_id == bindparam("own_chatbot_id"),
        "states": row.state.in_(bindparam("states", expanding=True)),
        "since_ms": row.created_ms >= bindparam("since_ms"),
        "until_ms": row.created_ms < bindparam("until_ms"),
        "after_id": tuple_(row.created_ms, row.id) < tuple_(bindparam("after_ms"), bindparam("after_id")),
    }
    query = select(*row).where(row.account_id == bindparam("account_id"))
    query = query.where(*(condition for name, condition in conditions.items() if name in named))
    # In the words of an index, which only then is taken.
    for is_so, words in ((are_rare, RARE), (are_of_others, OTHER_CHANNELS)):
        query = query.where(words) if is_so else query
    return query.order_by(row.created_ms.desc(), row.id.desc()).limit(bindparam("size"))


@cache
def by_chatbot(*, one: bool) -> Select[Any]:
    """The chatbots of an account that were used in some days, and in the last of them."""
    used = _DAYS.c.settled + _DAYS.c.reserved
    return (
        select(
            _DAYS.c.chatbot_id,
            func.sum(_DAYS.c.settled),
            func.sum(case((_DAYS.c.day == bindparam("today"), used), else_=0)),
        )
        .where(*_of(_DAYS, own=one), _DAYS.c.day.between(*_IN_DAYS))
        .group_by(_DAYS.c.chatbot_id)
        .having(func.sum(used) > 0)
        .order_by(_DAYS.c.chatbot_id)
    )


@cache
def by_parts(told_apart: frozenset[CreditsPart], *, own: bool, some: bool, most: bool) -> Any:
    """Sums of the parts that are told apart, in no order: Postgres sorts texts slowly.

    Of the caller's `own` chatbot alone, of `some` that are named. `most`: those that have used the most are told apart
    from all others. Where channels are told apart, there are sums of all as well, whose channel is empty.
    """

    def used(table: Any) -> Any:
        named = [table.c.chatbot_id.in_(bindparam("chatbot_ids", expanding=True))] if some else []
        conditions = [*_of(table, own=own), *named, table.c.day.between(*_IN_DAYS)]
        return select(table).where(*conditions, table.c.settled + table.c.reserved > 0).cte(f"used_{table.name}").c

    def sums(rows: Any, chatbot: Any, *channel: Any) -> Select[Any]:
        columns = {CreditsPart.DAY: rows.day, CreditsPart.CHATBOT: chatbot}
        keys = [(columns[part] if part in told_apart else _WHOLE).label(part) for part in columns]
        groups = [columns[part] for part in columns if part in told_apart]
        last_day = rows.day if CreditsPart.DAY in told_apart else func.max(rows.day)
        totals = last_day, func.sum(rows.settled), func.sum(rows.reserved)
        return select(*keys, *(channel or [_WHOLE.label("channel")]), *totals).group_by(*groups, *channel)

    days = used(_DAYS)
    query: Any = sums(days, _most_used(days) if most else days.chatbot_id)
    if CreditsPart.CHANNEL in told_apart:
        # One statement, which sees one moment: a day and its parts must fit each other.
        of_channels = used(_CHANNEL_DAYS)
        query = query.union_all(sums(of_channels, of_channels.chatbot_id, of_channels.channel))
    return query.limit(bindparam("size"))


def _most_used(days: Any) -> Any:
    """The chatbot of a day, where it is among those that have used the most.

    `_WHOLE` for all others.
    """
    most_first = func.sum(days.settled).desc(), days.chatbot_id
    place, number = func.row_number().over(order_by=most_first), func.count().over()
    places = select(days.chatbot_id, place.label("place"), number.label("number")).group_by(days.chatbot_id)
    of = places.cte("places").c
    most = bindparam("most_used", type_=Integer)
    # No join: Postgres, which expects few rows, would look at all places for each of thousands.
    told_apart = select(of.chatbot_id).where(or_(of.place <= most, of.number <= most + 1))
    return case((days.chatbot_id.in_(told_apart), days.chatbot_id), else_=_WHOLE)


def _of(table: Any, *, own: bool) -> list[Any]:
    account = table.c.account_id == bindparam("account_id")
    return [account, table.c.chatbot_id == bindparam("own_chatbot_id")] if own else [account]
