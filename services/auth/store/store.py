"""What stands alone: looks, lists, and the way into a transaction."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, or_, select, update
from sqlalchemy.engine import Row

from services.auth.records import Account, ApiKey, AuditEvent, AuditFilter, Chatbot, KeyGrant, Page
from services.auth.store.audit_log import conditions, to_event
from services.auth.store.rows import to_account, to_api_key, to_chatbot
from services.auth.store.tables import ACCOUNTS, API_KEYS, AUDIT_EVENTS, CHATBOTS
from services.auth.store.transaction import Transaction
from services.database import Database

_GRANT = (
    select(
        API_KEYS.c.id,
        API_KEYS.c.chatbot_id,
        CHATBOTS.c.account_id,
        ACCOUNTS.c.plan,
        CHATBOTS.c.enabled,
        API_KEYS.c.allowlist,
        API_KEYS.c.expires_ms,
        API_KEYS.c.revoked_ms,
    )
    .join_from(API_KEYS, CHATBOTS, CHATBOTS.c.id == API_KEYS.c.chatbot_id)
    .join(ACCOUNTS, ACCOUNTS.c.id == CHATBOTS.c.account_id)
    .where(API_KEYS.c.digest == bindparam("digest"))
)

_MARK_USED = (
    update(API_KEYS)
    .where(API_KEYS.c.id == bindparam("key_id"))
    .where(or_(API_KEYS.c.last_used_ms.is_(None), API_KEYS.c.last_used_ms < bindparam("used_ms")))
    .values(last_used_ms=bindparam("used_ms"))
)


class Store:
    """Accounts, chatbots and keys in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A transaction: committed on leaving, rolled back on an exception."""
        async with self._database.write() as connection:
            yield Transaction(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads and locks nothing."""
        async with self._database.read() as connection:
            yield Transaction(connection)

    async def grant(self, digest: bytes) -> KeyGrant | None:
        """What the key with this digest opens, as of now: every commit that returned anywhere is seen."""
        row = await self._database.look_up(_GRANT, {"digest": digest})
        if row is None:
            return None
        key_id, chatbot_id, account_id, plan, enabled, allowlist, expires_ms, revoked_ms = row
        entries = tuple(allowlist.split())
        return KeyGrant(key_id, chatbot_id, account_id, plan, enabled, entries, expires_ms, revoked_ms)

    async def accounts(self, after: int, size: int, account_id: str = "") -> Page[Account]:
        """Accounts by age, or the one with this id."""
        conditions = [ACCOUNTS.c.id == account_id] if account_id else []
        rows, following = await self._page(ACCOUNTS, conditions, after, size)
        return Page(tuple(to_account(row) for row in rows), following)

    async def chatbots(self, after: int, size: int, account_id: str = "", chatbot_id: str = "") -> Page[Chatbot]:
        """Chatbots by age: of one account when it is given, or the one with this id."""
        conditions = [CHATBOTS.c.account_id == account_id] if account_id else []
        conditions += [CHATBOTS.c.id == chatbot_id] if chatbot_id else []
        rows, following = await self._page(CHATBOTS, conditions, after, size)
        return Page(tuple(to_chatbot(row) for row in rows), following)

    async def api_keys(self, chatbot_id: str) -> tuple[ApiKey, ...]:
        """All keys of a chatbot by age, dead ones included."""
        query = select(API_KEYS).where(API_KEYS.c.chatbot_id == chatbot_id).order_by(API_KEYS.c.position)
        async with self._database.read() as connection:
            return tuple(to_api_key(row) for row in await connection.execute(query))

    async def audit_events(self, scope: AuditFilter, wanted: AuditFilter, before: int, size: int) -> Page[AuditEvent]:
        """Events, newest first, that fit both filters; `before` is the position that the page before ended at."""
        query = select(AUDIT_EVENTS).where(AUDIT_EVENTS.c.position < before, *conditions(scope), *conditions(wanted))
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(AUDIT_EVENTS.c.position.desc()).limit(size + 1))).all()
        following = rows[size - 1].position if len(rows) > size else None
        return Page(tuple(to_event(row) for row in rows[:size]), following)

    async def mark_used(self, used_ms: Mapping[str, int]) -> None:
        """Sets the last use of keys by id, never back in time. One transaction, in an order that can't deadlock."""
        parameters = [{"key_id": key_id, "used_ms": used_ms[key_id]} for key_id in sorted(used_ms)]
        async with self._database.write() as connection:
            await connection.execute(_MARK_USED, parameters)

    async def _page(
        self, table: Table, conditions: Sequence[ColumnElement[bool]], after: int, size: int
    ) -> tuple[Sequence[Row[Any]], int | None]:
        query = select(table).where(table.c.position > after, *conditions).order_by(table.c.position).limit(size + 1)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return rows[:size], rows[size - 1].position if len(rows) > size else None
