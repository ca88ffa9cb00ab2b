"""The ledger's statements, made once: making one costs several times what running it does.

Statements with `FOR UPDATE` are plain reads on SQLite, which has one writer and needs no locks on rows.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, Table, bindparam, insert, literal, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from services.quota.ledger.entry import State
from services.quota.store.tables import account_months, chatbot_days, ledger_entries

# The text itself and no parameter: only then do both databases see that the partial index serves.
_IS_OPEN = ledger_entries.c.state == literal(State.RESERVED.value, literal_execute=True)

TAKE_ENTRIES = (
    select(ledger_entries)
    .where(ledger_entries.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(ledger_entries.c.id)
    .with_for_update()
)

_STALE = select(ledger_entries).where(_IS_OPEN, ledger_entries.c.expires_ms <= bindparam("now_ms"))

TAKE_STALE = _STALE.order_by(ledger_entries.c.expires_ms).limit(bindparam("size")).with_for_update(skip_locked=True)

TAKE_STALE_OF_MONTHS = (
    _STALE.where(
        tuple_(ledger_entries.c.account_id, ledger_entries.c.month).in_(bindparam("months", expanding=True)),
        ledger_entries.c.id.not_in(bindparam("but_ids", expanding=True)),
    )
    .limit(bindparam("size"))
    .with_for_update(skip_locked=True)
)

ADD_ENTRIES = insert(ledger_entries)

DECIDE_ENTRIES = (
    update(ledger_entries)
    .where(ledger_entries.c.id == bindparam("entry_id"))
    .values(state=bindparam("new_state"), decided_ms=bindparam("new_decided_ms"))
)

# Columns one by one and not as tuples, for which SQLite would read the whole table: these find some rows too many.
READ_MONTHS = select(account_months).where(
    account_months.c.account_id.in_(bindparam("accounts", expanding=True)),
    account_months.c.month.in_(bindparam("months", expanding=True)),
)

# Locks a row that is there and one that is not there yet alike, one after the other as they are given.
TAKE_MONTHS = (
    postgresql.insert(account_months)
    .on_conflict_do_update(index_elements=list(account_months.primary_key), set_={"settled": account_months.c.settled})
    .returning(*account_months.c)
)

READ_DAYS = select(chatbot_days).where(
    chatbot_days.c.account_id.in_(bindparam("accounts", expanding=True)),
    chatbot_days.c.chatbot_id.in_(bindparam("chatbots", expanding=True)),
    chatbot_days.c.day.in_(bindparam("days", expanding=True)),
)


@dataclass(frozen=True, slots=True)
class PutTallies:
    """Statements that set sums to new values, whether their rows are there or not."""

    months: Executable
    days: Executable


def _put(dialect: Any, table: Table) -> Executable:
    statement = dialect.insert(table)
    keys = {column.name for column in table.primary_key}
    sums = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    upsert: Executable = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums)
    return upsert


PUT_ON_SQLITE = PutTallies(_put(sqlite, account_months), _put(sqlite, chatbot_days))
PUT_ON_POSTGRES = PutTallies(_put(postgresql, account_months), _put(postgresql, chatbot_days))
