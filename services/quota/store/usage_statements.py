"""The statements of usage, each made once: making one costs more than running it."""

from functools import cache
from typing import Any

from sqlalchemy import Select, String, bindparam, case, func, literal, select, tuple_

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
def by_parts(told_apart: frozenset[CreditsPart], *, own: bool, some: bool) -> Any:
    """Sums of the parts that are told apart.

    Of the caller's `own` chatbot alone, of `some` that are named. Where channels are told apart, the sum of all stands
    before them.
    """

    def sums(table: Any, *channel: Any) -> Select[Any]:
        columns = {CreditsPart.DAY: table.c.day, CreditsPart.CHATBOT: table.c.chatbot_id}
        keys = [(columns[part] if part in told_apart else _WHOLE).label(part) for part in columns]
        groups = [columns[part] for part in columns if part in told_apart]
        chosen = [table.c.chatbot_id.in_(bindparam("chatbot_ids", expanding=True))] if some else []
        totals = func.max(table.c.day), func.sum(table.c.settled), func.sum(table.c.reserved)
        return (
            select(*keys, *(channel or [_WHOLE.label("channel")]), *totals)
            .where(*_of(table, own=own), *chosen, table.c.day.between(*_IN_DAYS))
            .where(table.c.settled + table.c.reserved > 0)
            .group_by(*groups, *channel)
        )

    query: Any = sums(_DAYS)
    if CreditsPart.CHANNEL in told_apart:
        # One statement, which sees one moment: a day and its parts must fit each other.
        query = query.union_all(sums(_CHANNEL_DAYS, _CHANNEL_DAYS.c.channel))
    return query.order_by(CreditsPart.DAY, CreditsPart.CHATBOT, CreditsPart.CHANNEL).limit(bindparam("size"))


def _of(table: Any, *, own: bool) -> list[Any]:
    account = table.c.account_id == bindparam("account_id")
    return [account, table.c.chatbot_id == bindparam("own_chatbot_id")] if own else [account]
