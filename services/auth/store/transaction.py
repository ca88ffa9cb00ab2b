"""One transaction of Auth's store: what the rules look at and change inside of it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.records import Account, ApiKey, AuditEvent, Chatbot
from services.auth.store.audit_log import to_values
from services.auth.store.rows import to_account, to_api_key, to_chatbot
from services.auth.store.tables import ACCOUNTS, API_KEYS, AUDIT_EVENTS, CHATBOTS


class Transaction:
    """One transaction. What it reads with `lock` nobody else changes until it ends."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def account(self, account_id: str, *, lock: bool = False) -> Account | None:
        """The account with this id."""
        row = await self._one(ACCOUNTS, ACCOUNTS.c.id == account_id, lock)
        return None if row is None else to_account(row)

    async def chatbot(self, chatbot_id: str, *, lock: bool = False) -> Chatbot | None:
        """The chatbot with this id. Its keys are created and counted under its lock."""
        row = await self._one(CHATBOTS, CHATBOTS.c.id == chatbot_id, lock)
        return None if row is None else to_chatbot(row)

    async def api_key(self, key_id: str, *, lock: bool = False) -> ApiKey | None:
        """The key with this id."""
        row = await self._one(API_KEYS, API_KEYS.c.id == key_id, lock)
        return None if row is None else to_api_key(row)

    async def add_account(self, account: Account) -> None:
        """Adds an account."""
        values = {"id": account.id, "name": account.name, "plan": account.plan, "created_ms": account.created_ms}
        await self._connection.execute(insert(ACCOUNTS).values(values))

    async def set_plan(self, account_id: str, plan: str) -> None:
        """Moves an account to another plan."""
        await self._connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(plan=plan))

    async def has_chatbots(self, account_id: str) -> bool:
        """Whether any chatbot belongs to the account."""
        query = select(CHATBOTS.c.id).where(CHATBOTS.c.account_id == account_id).limit(1)
        return (await self._connection.execute(query)).first() is not None

    async def delete_account(self, account_id: str) -> None:
        """Deletes an account that has no chatbots."""
        await self._connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.id == account_id))

    async def add_chatbot(self, chatbot: Chatbot) -> None:
        """Adds a chatbot."""
        values = {
            "id": chatbot.id,
            "account_id": chatbot.account_id,
            "name": chatbot.name,
            "enabled": chatbot.enabled,
            "created_ms": chatbot.created_ms,
        }
        await self._connection.execute(insert(CHATBOTS).values(values))

    async def set_enabled(self, chatbot_id: str, enabled: bool) -> None:
        """Switches a chatbot on or off."""
        await self._connection.execute(update(CHATBOTS).where(CHATBOTS.c.id == chatbot_id).values(enabled=enabled))

    async def delete_chatbot(self, chatbot_id: str) -> tuple[ApiKey, ...]:
        """Deletes a chatbot and all its keys; returns these."""
        keys = await self._delete_keys(API_KEYS.c.chatbot_id == chatbot_id)
        await self._connection.execute(delete(CHATBOTS).where(CHATBOTS.c.id == chatbot_id))
        return keys

    async def count_active_keys(self, chatbot_id: str, now_ms: int) -> int:
        """Keys of the chatbot that are neither revoked nor expired."""
        query = select(func.count()).where(API_KEYS.c.chatbot_id == chatbot_id, is_active(now_ms))
        return (await self._connection.execute(query)).scalar_one()

    async def add_api_key(self, key: ApiKey, digest: bytes) -> None:
        """Adds a key."""
        values = {
            "id": key.id,
            "chatbot_id": key.chatbot_id,
            "name": key.name,
            "digest": digest,
            "last4": key.last4,
            "allowlist": " ".join(key.allowlist),
            "created_ms": key.created_ms,
            "expires_ms": key.expires_ms,
        }
        await self._connection.execute(insert(API_KEYS).values(values))

    async def forget_dead_keys(self, chatbot_id: str, now_ms: int, kept: int) -> None:
        """Deletes the chatbot's revoked and expired keys but the newest `kept`."""
        dead = select(API_KEYS.c.id).where(API_KEYS.c.chatbot_id == chatbot_id, ~is_active(now_ms))
        await self._delete_keys(API_KEYS.c.id.in_(dead.order_by(API_KEYS.c.position.desc()).offset(kept)))

    async def replace_secret(self, key_id: str, digest: bytes, last4: str) -> None:
        """Gives a key another secret; the old one opens nothing once the transaction is committed."""
        await self._update_key(key_id, digest=digest, last4=last4)

    async def revoke(self, key_id: str, now_ms: int) -> None:
        """Ends a key."""
        await self._update_key(key_id, revoked_ms=now_ms)

    async def set_allowlist(self, key_id: str, allowlist: Sequence[str]) -> None:
        """Replaces a key's allowlist."""
        await self._update_key(key_id, allowlist=" ".join(allowlist))

    async def add_events(self, *events: AuditEvent) -> None:
        """Adds to the audit log; nothing of it is there unless the transaction is committed."""
        await self._connection.execute(insert(AUDIT_EVENTS), [to_values(event) for event in events])

    async def _update_key(self, key_id: str, **values: object) -> None:
        await self._connection.execute(update(API_KEYS).where(API_KEYS.c.id == key_id).values(**values))

    async def _one(self, table: Table, condition: ColumnElement[bool], lock: bool) -> Row[Any] | None:
        query = select(table).where(condition)
        # SQLite has no row locks and needs none: its writers take turns.
        return (await self._connection.execute(query.with_for_update() if lock else query)).first()

    async def _delete_keys(self, condition: ColumnElement[bool]) -> tuple[ApiKey, ...]:
        # Locked in the order in which `mark_used` locks them, so that the two can't wait for each other.
        query = select(API_KEYS).where(condition).order_by(API_KEYS.c.id).with_for_update()
        keys = tuple(to_api_key(row) for row in await self._connection.execute(query))
        if keys:
            await self._connection.execute(delete(API_KEYS).where(API_KEYS.c.id.in_([key.id for key in keys])))
        return keys


def is_active(now_ms: int) -> ColumnElement[bool]:
    """The condition of keys that are neither revoked nor expired."""
    is_unexpired = or_(API_KEYS.c.expires_ms.is_(None), API_KEYS.c.expires_ms > now_ms)
    return API_KEYS.c.revoked_ms.is_(None) & is_unexpired
