"""The ledger's statements, made once: making one costs several times what running it does.

Statements with `FOR UPDATE` are plain reads on SQLite, which has one writer and needs no locks on rows.
"""

from typing import Any

from sqlalchemy import ARRAY, String, Table, bindparam, func, insert, literal, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from services.quota.ledger.entry import State
from services.quota.store.tables import (
    AccountMonthRow,
    ChannelBudgetRow,
    ChatbotChannelDayRow,
    ChatbotDayRow,
    LedgerEntryRow,
)

_ENTRIES, _MONTHS, _DAYS = LedgerEntryRow.__table__, AccountMonthRow.__table__, ChatbotDayRow.__table__
_CHANNEL_DAYS, _BUDGETS = ChatbotChannelDayRow.__table__, ChannelBudgetRow.__table__

# The text itself and no parameter: only then do both databases see that the partial index serves.
_IS_OPEN = _ENTRIES.c.state == literal(State.RESERVED.value, literal_execute=True)

TAKE_ENTRIES = (
    select(_ENTRIES)
    .where(_ENTRIES.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_ENTRIES.c.id)
    .with_for_update()
)

_STALE = select(_ENTRIES).where(_IS_OPEN, _ENTRIES.c.expires_ms <= bindparam("now_ms"))

READ_STALE = _STALE.order_by(_ENTRIES.c.expires_ms).limit(bindparam("size"))

TAKE_STALE_OF_MONTHS = (
    _STALE.where(
        tuple_(_ENTRIES.c.account_id, _ENTRIES.c.month).in_(bindparam("months", expanding=True)),
        _ENTRIES.c.id.not_in(bindparam("but_ids", expanding=True)),
    )
    .limit(bindparam("size"))
    .with_for_update(skip_locked=True)
)

ADD_ENTRIES = insert(_ENTRIES)

DECIDE_ENTRIES = (
    update(_ENTRIES)
    .where(_ENTRIES.c.id == bindparam("entry_id"))
    .values(state=bindparam("new_state"), decided_ms=bindparam("new_decided_ms"))
)

# Columns one by one and not as tuples, for which SQLite would read the whole table: these find some rows too many.
READ_MONTHS = select(_MONTHS).where(
    _MONTHS.c.account_id.in_(bindparam("accounts", expanding=True)),
    _MONTHS.c.month.in_(bindparam("months", expanding=True)),
)

# Locks a row that is there and one that is not there yet alike, one after the other as they are given.
_GIVEN = (
    func.unnest(bindparam("accounts", type_=ARRAY(String)), bindparam("months", type_=ARRAY(String)))
    .table_valued("account_id", "month")
    .render_derived()
)
_NOTHING_YET = {"settled": 0, "reserved": 0, "granted": 0}
TAKE_MONTHS = (
    postgresql.insert(_MONTHS)
    .from_select(
        ["account_id", "month", *_NOTHING_YET],
        select(*_GIVEN.c, *map(literal, _NOTHING_YET.values())),
    )
    .on_conflict_do_update(index_elements=list(_MONTHS.primary_key), set_={"settled": _MONTHS.c.settled})
    .returning(*_MONTHS.c)
)

READ_DAYS = select(_DAYS).where(
    _DAYS.c.account_id.in_(bindparam("accounts", expanding=True)),
    _DAYS.c.chatbot_id.in_(bindparam("chatbots", expanding=True)),
    _DAYS.c.day.in_(bindparam("days", expanding=True)),
)

READ_CHANNEL_DAYS = select(_CHANNEL_DAYS).where(
    _CHANNEL_DAYS.c.account_id.in_(bindparam("accounts", expanding=True)),
    _CHANNEL_DAYS.c.chatbot_id.in_(bindparam("chatbots", expanding=True)),
    _CHANNEL_DAYS.c.day.in_(bindparam("days", expanding=True)),
)

READ_BUDGETS = select(_BUDGETS).where(_BUDGETS.c.chatbot_id.in_(bindparam("chatbots", expanding=True)))


def _put(on_sqlite: bool, table: Table, adds: bool = False) -> Any:
    """Sets totals to new values or adds to them, whether their rows are there or not."""
    statement = (sqlite if on_sqlite else postgresql).insert(table)
    keys = [column.name for column in table.primary_key]
    totals = {
        column.name: table.c[column.name] + column if adds else column
        for column in statement.excluded
        if column.name not in keys
    }
    return statement.on_conflict_do_update(index_elements=keys, set_=totals)


PUT_MONTHS = {on_sqlite: _put(on_sqlite, _MONTHS) for on_sqlite in (True, False)}
PUT_BUDGETS = {on_sqlite: _put(on_sqlite, _BUDGETS) for on_sqlite in (True, False)}
PUT_DAYS = {on_sqlite: _put(on_sqlite, _DAYS) for on_sqlite in (True, False)}
# Where a channel has no budget nothing is decided on these, so they need not be read first. They change while their
# month is taken.
ADD_CHANNEL_DAYS = {on_sqlite: _put(on_sqlite, _CHANNEL_DAYS, adds=True) for on_sqlite in (True, False)}
"""By whether they are for SQLite."""
