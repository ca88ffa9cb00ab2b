"""One transaction of Auth's store: what the rules look at and change inside of it."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, delete, func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.auth.records import Account, ApiKey, AuditEvent, Chatbot
from services.auth.store.tables import AccountRow, ApiKeyRow, AuditEventRow, AuthTable, ChatbotRow
from services.database.records import to_columns, to_record

Record = Account | Chatbot | ApiKey | AuditEvent
Read = TypeVar("Read", Account, Chatbot, ApiKey)

to_account = to_record(Account, AccountRow)
to_chatbot = to_record(Chatbot, ChatbotRow)
to_api_key = to_record(ApiKey, ApiKeyRow, allowlist=lambda stored: tuple(stored.split()))
to_audit_event = to_record(AuditEvent, AuditEventRow, details=json.loads)

_ROWS: Mapping[type[Any], tuple[type[AuthTable], Callable[[Any], dict[str, Any]]]] = {
    Account: (AccountRow, to_columns(Account, AccountRow)),
    Chatbot: (ChatbotRow, to_columns(Chatbot, ChatbotRow)),
    ApiKey: (ApiKeyRow, to_columns(ApiKey, ApiKeyRow, allowlist=" ".join)),
    AuditEvent: (
        AuditEventRow,
        to_columns(AuditEvent, AuditEventRow, details=partial(json.dumps, ensure_ascii=False)),
    ),
}


class Transaction:
    """One transaction. What it reads with `lock` no other changes until it ends."""

    def __init__(self, rows: AsyncSession) -> None:
        self._rows = rows

    async def account(self, account_id: str, *, lock: bool = False) -> Account | None:
        """The account with this id."""
        return await self._find(AccountRow, to_account, account_id, lock)

    async def chatbot(self, chatbot_id: str, *, lock: bool = False) -> Chatbot | None:
        """The chatbot with this id. Its keys are created and counted under its lock."""
        return await self._find(ChatbotRow, to_chatbot, chatbot_id, lock)

    async def api_key(self, key_id: str, *, lock: bool = False) -> ApiKey | None:
        """The key with this id."""
        return await self._find(ApiKeyRow, to_api_key, key_id, lock)

    async def add(self, *records: Record, **columns: Any) -> None:
        """Add records, with what their rows have beside: a key's `digest`."""
        for record in records:
            table, columns_of = _ROWS[type(record)]
            self._rows.add(table(**columns_of(record), **columns))
        await self._rows.flush()

    async def save(self, record: Record, **columns: Any) -> None:
        """Change a record's row to what the record says, and what its row has beside."""
        table, columns_of = _ROWS[type(record)]
        changed = update(table).where(col(table.id) == record.id).values(**columns_of(record), **columns)
        await self._rows.exec(changed)

    async def has_chatbots(self, account_id: str) -> bool:
        """Whether any chatbot belongs to the account."""
        query = select(ChatbotRow.id).where(ChatbotRow.account_id == account_id).limit(1)
        return (await self._rows.exec(query)).first() is not None

    async def delete_account(self, account_id: str) -> None:
        """Delete an account that has no chatbots."""
        await self._rows.exec(delete(AccountRow).where(col(AccountRow.id) == account_id))

    async def delete_chatbot(self, chatbot_id: str) -> tuple[ApiKey, ...]:
        """Delete a chatbot and all its keys; return these."""
        keys = await self._delete_keys(col(ApiKeyRow.chatbot_id) == chatbot_id)
        await self._rows.exec(delete(ChatbotRow).where(col(ChatbotRow.id) == chatbot_id))
        return keys

    async def count_active_keys(self, chatbot_id: str, now_ms: int) -> int:
        """Keys of the chatbot that are neither revoked nor expired."""
        query = select(func.count()).where(ApiKeyRow.chatbot_id == chatbot_id, _is_active(now_ms))
        return (await self._rows.exec(query)).one()

    async def forget_dead_keys(self, chatbot_id: str, now_ms: int, kept: int) -> None:
        """Delete the chatbot's revoked and expired keys but the newest `kept`."""
        dead = select(ApiKeyRow.id).where(ApiKeyRow.chatbot_id == chatbot_id, ~_is_active(now_ms))
        newest_first = dead.order_by(col(ApiKeyRow.position).desc())
        await self._delete_keys(col(ApiKeyRow.id).in_(newest_first.offset(kept)))

    async def _find(self, table: type[AuthTable], read: Callable[[Any], Read], row_id: str, lock: bool) -> Read | None:
        query = select(table).where(table.id == row_id)
        # SQLite has no row locks and needs none: its writers take turns.
        row = (await self._rows.exec(query.with_for_update() if lock else query)).first()
        return None if row is None else read(row)

    async def _delete_keys(self, condition: ColumnElement[bool]) -> tuple[ApiKey, ...]:
        # Locked in the order in which `mark_used` locks them, so that the two can't wait for each other.
        query = select(ApiKeyRow).where(condition).order_by(ApiKeyRow.id).with_for_update()
        keys = tuple(to_api_key(row) for row in await self._rows.exec(query))
        await self._rows.exec(delete(ApiKeyRow).where(col(ApiKeyRow.id).in_([key.id for key in keys])))
        return keys


def _is_active(now_ms: int) -> ColumnElement[bool]:
    expires_ms = col(ApiKeyRow.expires_ms)
    return col(ApiKeyRow.revoked_ms).is_(None) & or_(expires_ms.is_(None), expires_ms > now_ms)
