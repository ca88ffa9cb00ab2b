"""What stands alone: the look-up of every request, lists, and the way into a transaction."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlmodel import col

from services.auth.records import Account, ApiKey, AuditEvent, AuditFilter, Chatbot, KeyGrant
from services.auth.store import grant
from services.auth.store.tables import AccountRow, ApiKeyRow, AuditEventRow, AuthTable, ChatbotRow
from services.auth.store.transaction import Transaction, to_account, to_api_key, to_audit_event, to_chatbot
from services.database import Database
from services.database.records import rows_in

Read = TypeVar("Read")

# Making a statement costs more than running it, so those of pages are made once.
_ACCOUNT, _CHATBOT = (
    select(table.__table__).where(table.__table__.c.id == bindparam("id")) for table in (AccountRow, ChatbotRow)
)
_KEYS = (
    select(ApiKeyRow.__table__)
    .where(col(ApiKeyRow.chatbot_id) == bindparam("chatbot_id"))
    .order_by(col(ApiKeyRow.position))
)

_EVENTS = AuditEventRow.__table__.c
_EVENT_IS: Mapping[str, ColumnElement[bool]] = {
    **{name: _EVENTS[name] == bindparam(name) for name in ("account_id", "chatbot_id", "key_id", "action")},
    "since_ms": _EVENTS.created_ms >= bindparam("since_ms"),
    "until_ms": _EVENTS.created_ms < bindparam("until_ms"),
}


class AuthStore:
    """Accounts, chatbots, keys and the audit log in one database.

    A list holds `size + 1` records when there are more than `size`; see pages.py.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A transaction: committed on leaving, rolled back on an exception."""
        async with self._database.write() as connection, rows_in(connection) as rows:
            yield Transaction(rows)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads and locks nothing."""
        async with self._database.read() as connection, rows_in(connection) as rows:
            yield Transaction(rows)

    async def grant(self, digest: bytes) -> KeyGrant | None:
        """What the key with this digest opens, as of now."""
        return await grant.find_grant(self._database, digest)

    async def mark_used(self, used_ms: Mapping[str, int]) -> None:
        """Set the last use of keys by id, never back in time."""
        await grant.mark_used(self._database, used_ms)

    async def account(self, account_id: str) -> Account | None:
        """The account with this id."""
        row = await self._database.look_up(_ACCOUNT, {"id": account_id})
        return None if row is None else to_account(row)

    async def chatbot(self, chatbot_id: str) -> Chatbot | None:
        """The chatbot with this id."""
        row = await self._database.look_up(_CHATBOT, {"id": chatbot_id})
        return None if row is None else to_chatbot(row)

    async def accounts(self, after: int, size: int, account_id: str = "") -> Sequence[Account]:
        """Accounts by age, from behind the position `after`; or the one with this id."""
        return await self._list(AccountRow, to_account, after, size, id=account_id)

    async def chatbots(self, after: int, size: int, account_id: str = "", chatbot_id: str = "") -> Sequence[Chatbot]:
        """Chatbots by age: of one account when it is given, or the one with this id."""
        return await self._list(ChatbotRow, to_chatbot, after, size, account_id=account_id, id=chatbot_id)

    async def api_keys(self, chatbot_id: str) -> Sequence[ApiKey]:
        """All keys of a chatbot by age, dead ones included."""
        return [to_api_key(row) for row in await self._database.fetch(_KEYS, {"chatbot_id": chatbot_id})]

    async def audit_events(
        self, scope: AuditFilter, wanted: AuditFilter, before: int, size: int
    ) -> Sequence[AuditEvent]:
        """Events that fit both filters, newest first, from before the position `before`."""
        within, named = _named(scope), _named(wanted)
        if any(named.get(name, value) != value for name, value in within.items()):
            return []
        named |= within
        rows = await self._database.fetch(_page_of_events(*named), {"before": before, "size": size + 1, **named})
        return [to_audit_event(row) for row in rows]

    async def _list(
        self, table: type[AuthTable], read: Callable[[Any], Read], after: int, size: int, **wanted: str
    ) -> Sequence[Read]:
        named = {name: value for name, value in wanted.items() if value}
        rows = await self._database.fetch(_page(table, *named), {"after": after, "size": size + 1, **named})
        return [read(row) for row in rows]


@cache
def _page(table: type[AuthTable], *named: str) -> Select[Any]:
    """Rows with these values of columns, in the order in which they came."""
    columns = table.__table__.c
    wanted = (columns[name] == bindparam(name) for name in named)
    query = select(table.__table__).where(columns.position > bindparam("after"), *wanted)
    return query.order_by(columns.position).limit(bindparam("size"))


def _named(wanted: AuditFilter) -> dict[str, Any]:
    """What a filter asks, by the names of the parameters."""
    return {name: value for name in _EVENT_IS if (value := getattr(wanted, name)) not in ("", None)}


@cache
def _page_of_events(*named: str) -> Select[Any]:
    """Events that these parameters narrow, the newest first."""
    query = select(AuditEventRow.__table__).where(_EVENTS.position < bindparam("before"))
    return query.where(*(_EVENT_IS[name] for name in named)).order_by(_EVENTS.position.desc()).limit(bindparam("size"))
