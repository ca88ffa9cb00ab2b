"""What stands alone: the look-up of every request, lists, and the way into a transaction."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import select
from sqlmodel import col

from services.auth.records import Account, ApiKey, AuditEvent, AuditFilter, Chatbot, KeyGrant
from services.auth.store import grant
from services.auth.store.tables import AccountRow, ApiKeyRow, AuditEventRow, AuthTable, ChatbotRow
from services.auth.store.transaction import Transaction, to_account, to_api_key, to_audit_event, to_chatbot
from services.database import Database
from services.database.records import rows_in

Read = TypeVar("Read")


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

    async def accounts(self, after: int, size: int, account_id: str = "") -> Sequence[Account]:
        """Accounts by age, from behind the position `after`; or the one with this id."""
        wanted = [AccountRow.id == account_id] if account_id else []
        return await self._list(AccountRow, to_account, after, size, wanted)

    async def chatbots(self, after: int, size: int, account_id: str = "", chatbot_id: str = "") -> Sequence[Chatbot]:
        """Chatbots by age: of one account when it is given, or the one with this id."""
        wanted = [ChatbotRow.account_id == account_id] if account_id else []
        wanted += [ChatbotRow.id == chatbot_id] if chatbot_id else []
        return await self._list(ChatbotRow, to_chatbot, after, size, wanted)

    async def api_keys(self, chatbot_id: str) -> Sequence[ApiKey]:
        """All keys of a chatbot by age, dead ones included."""
        query = (
            select(ApiKeyRow.__table__).where(col(ApiKeyRow.chatbot_id) == chatbot_id).order_by(col(ApiKeyRow.position))
        )
        return await self._all(query, to_api_key)

    async def audit_events(
        self, scope: AuditFilter, wanted: AuditFilter, before: int, size: int
    ) -> Sequence[AuditEvent]:
        """Events that fit both filters, newest first, from before the position `before`."""
        position = col(AuditEventRow.position)
        query = select(AuditEventRow.__table__).where(position < before, *_conditions(scope), *_conditions(wanted))
        return await self._all(query.order_by(position.desc()).limit(size + 1), to_audit_event)

    async def _list(
        self, table: type[AuthTable], read: Callable[[Any], Read], after: int, size: int, wanted: Sequence[Any]
    ) -> Sequence[Read]:
        position = col(table.position)
        query = select(table.__table__).where(position > after, *wanted).order_by(position)
        return await self._all(query.limit(size + 1), read)

    async def _all(self, query: Any, read: Callable[[Any], Read]) -> Sequence[Read]:
        # Plain rows: an object costs several times as much, and lists are long.
        async with self._database.read() as connection:
            return [read(row) for row in await connection.execute(query)]


def _conditions(wanted: AuditFilter) -> Iterator[Any]:
    if wanted.account_id:
        yield AuditEventRow.account_id == wanted.account_id
    if wanted.chatbot_id:
        yield AuditEventRow.chatbot_id == wanted.chatbot_id
    if wanted.key_id:
        yield AuditEventRow.key_id == wanted.key_id
    if wanted.action:
        yield AuditEventRow.action == wanted.action
    if wanted.since_ms is not None:
        yield AuditEventRow.created_ms >= wanted.since_ms
    if wanted.until_ms is not None:
        yield AuditEventRow.created_ms < wanted.until_ms
