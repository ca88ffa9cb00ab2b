"""The statements of the hot path: the look-up of a key, and the marks of keys' last use."""

from collections.abc import Mapping

from sqlalchemy import bindparam, or_, select, update

from services.auth.records import KeyGrant
from services.auth.store.tables import AuthTable
from services.database import Database

# Tables and no classes: a row is half as dear as an object.
_ACCOUNTS, _CHATBOTS, _KEYS = (AuthTable.metadata.tables[name] for name in ("accounts", "chatbots", "api_keys"))

_GRANT = (
    select(
        _KEYS.c.id,
        _KEYS.c.chatbot_id,
        _CHATBOTS.c.account_id,
        _ACCOUNTS.c.plan,
        _CHATBOTS.c.enabled,
        _KEYS.c.allowlist,
        _KEYS.c.expires_ms,
        _KEYS.c.revoked_ms,
    )
    .join_from(_KEYS, _CHATBOTS, _CHATBOTS.c.id == _KEYS.c.chatbot_id)
    .join(_ACCOUNTS, _ACCOUNTS.c.id == _CHATBOTS.c.account_id)
    .where(_KEYS.c.digest == bindparam("digest"))
)

_MARK_USED = (
    update(_KEYS)
    .where(_KEYS.c.id == bindparam("key_id"))
    .where(or_(_KEYS.c.last_used_ms.is_(None), _KEYS.c.last_used_ms < bindparam("used_ms")))
    .values(last_used_ms=bindparam("used_ms"))
)


async def find_grant(database: Database, digest: bytes) -> KeyGrant | None:
    """What the key with this digest opens; every commit that returned anywhere is seen."""
    row = await database.look_up(_GRANT, {"digest": digest})
    if row is None:
        return None
    key_id, chatbot_id, account_id, plan, enabled, allowlist, expires_ms, revoked_ms = row
    entries = tuple(allowlist.split())
    return KeyGrant(key_id, chatbot_id, account_id, plan, enabled, entries, expires_ms, revoked_ms)


async def mark_used(database: Database, used_ms: Mapping[str, int]) -> None:
    """Set the last use of keys by id, never back in time; in an order that can't deadlock."""
    parameters = [{"key_id": key_id, "used_ms": used_ms[key_id]} for key_id in sorted(used_ms)]
    async with database.write() as connection:
        await connection.execute(_MARK_USED, parameters)
