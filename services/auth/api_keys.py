"""Rules of API keys: how many, how long, from where, and what rotation and revocation do."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from services.auth import allowlist
from services.auth import key_secret as api_keys
from services.auth.audit_log import audit_event
from services.auth.fields import check_creation_id, clean_name, not_found
from services.auth.last_used import LastUsed
from services.auth.records import Action, ApiKey, AuditEvent, Chatbot
from services.auth.scope import TenantScope
from services.auth.store import AuthStore, Transaction
from services.clock import Clock, now_ms
from services.config.plans import Plans
from services.errors import Text, counted, invalid, refusal
from services.ids import new_id

LATEST_EXPIRY = 253_402_300_799  # the last second of the year 9999
DEAD_KEYS_KEPT = 100


class Keys:
    """The keys of chatbots within a caller's scope. Every change holds for the next request."""

    def __init__(self, store: AuthStore, plans: Plans, last_used: LastUsed[str], clock: Clock) -> None:
        self._store = store
        self._plans = plans
        self._last_used = last_used
        self._clock = clock

    async def create(
        self,
        scope: TenantScope,
        chatbot_id: str,
        name: str,
        entries: Sequence[str],
        expires_at: int | None,
        creation_id: str = "",
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which is not kept. `expires_at` is Unix seconds.

        Or the key that a request with this `creation_id` made, and no secret; WRONG_STATE when it is another chatbot's.

        KEY_LIMIT when the plan allows no more keys that work; revoked and expired ones don't count, and all but the
        newest hundred of them are forgotten here, so that a chatbot's list stays short however often keys change.
        """
        name = clean_name(name, may_be_empty=True)
        entries = allowlist.normalise(entries)
        check_creation_id(creation_id)
        secret = api_keys.generate()
        async with self._store.write() as transaction:
            # Under the chatbot's lock: of any number of calls at once exactly as many succeed as there is room for.
            chatbot = scope.chatbot(await transaction.chatbot(chatbot_id, lock=True))
            created_ms = now_ms(self._clock)
            key = ApiKey(
                id=new_id("key"),
                chatbot_id=chatbot.id,
                name=name,
                last4=api_keys.last_characters(secret),
                allowlist=tuple(entries),
                created_ms=created_ms,
                expires_ms=_expiry(expires_at, created_ms),
            )
            made = await transaction.created(ApiKey, creation_id)
            if made is None:
                await self._require_room(transaction, chatbot, created_ms)
                await transaction.forget_dead_keys(chatbot.id, created_ms, DEAD_KEYS_KEPT)
                made = await transaction.create(key, creation_id, digest=api_keys.digest(secret))
            if made is key:
                await transaction.add(_creation(key, chatbot))
                return key, secret
        if made.chatbot_id != chatbot_id:
            raise refusal(Text.CREATION_DIFFERS)
        return made, ""

    async def list(self, scope: TenantScope, chatbot_id: str) -> Sequence[ApiKey]:
        """The chatbot's keys, oldest first, dead ones included."""
        chatbot = scope.chatbot(await self._store.chatbot(chatbot_id))
        await self._last_used.flush()
        return await self._store.api_keys(chatbot.id)

    async def rotate(self, scope: TenantScope, key_id: str, last4: str = "") -> tuple[ApiKey, str]:
        """The key with a new secret. WRONG_STATE for a dead key: a secret does not bring it back.

        `last4`: the end of the secret that is meant; WRONG_STATE when it was replaced meanwhile.
        """
        secret = api_keys.generate()
        async with self._changing(scope, key_id) as (transaction, chatbot, key):
            at_ms = now_ms(self._clock)
            if key.revoked_ms is not None:
                raise refusal(Text.KEY_REVOKED)
            if key.is_expired(at_ms):
                raise refusal(Text.KEY_EXPIRED)
            if last4 not in ("", key.last4):
                raise refusal(Text.KEY_ROTATED, last4=key.last4)
            rotated = replace(key, last4=api_keys.last_characters(secret))
            await transaction.save(rotated, digest=api_keys.digest(secret))
            characters = {"last4": rotated.last4, "last4_before": key.last4}
            await transaction.add(_event(Action.KEY_ROTATE, at_ms, chatbot, key, **characters))
        return rotated, secret

    async def revoke(self, scope: TenantScope, key_id: str) -> ApiKey:
        """The key, ended. Nothing changes when it was before."""
        async with self._changing(scope, key_id) as (transaction, chatbot, key):
            if key.revoked_ms is None:
                at_ms = now_ms(self._clock)
                key = replace(key, revoked_ms=at_ms)
                await transaction.save(key)
                await transaction.add(_event(Action.KEY_REVOKE, at_ms, chatbot, key, last4=key.last4))
        return key

    async def set_allowlist(self, scope: TenantScope, key_id: str, entries: Sequence[str]) -> ApiKey:
        """The key with another allowlist; an empty one lets every address pass."""
        canonical = allowlist.normalise(entries)
        async with self._changing(scope, key_id) as (transaction, chatbot, key):
            if canonical != key.allowlist:
                lists = {"allowlist": list(canonical), "allowlist_before": list(key.allowlist)}
                key = replace(key, allowlist=canonical)
                await transaction.save(key)
                await transaction.add(_event(Action.KEY_ALLOW, now_ms(self._clock), chatbot, key, **lists))
        return key

    @asynccontextmanager
    async def _changing(self, scope: TenantScope, key_id: str) -> AsyncIterator[tuple[Transaction, Chatbot, ApiKey]]:
        """A transaction that holds the key's lock. NOT_FOUND for a key beyond the scope."""
        async with self._store.write() as transaction:
            key = await transaction.api_key(key_id, lock=True)
            if key is None:
                raise not_found("API key")
            chatbot = scope.chatbot(await transaction.chatbot(key.chatbot_id), "API key")
            yield transaction, chatbot, key

    async def _require_room(self, transaction: Transaction, chatbot: Chatbot, at_ms: int) -> None:
        account = await transaction.account(chatbot.account_id)
        plan = None if account is None else self._plans.get(account.plan)
        if plan is None or not plan.has_api_access:
            raise refusal(Text.NO_KEYS_ON_PLAN)
        if await transaction.count_active_keys(chatbot.id, at_ms) >= plan.keys_per_chatbot:
            keys = counted(plan.keys_per_chatbot, "API key")
            raise refusal(Text.KEY_LIMIT, plan=plan.name, keys=keys)


def _event(action: Action, at_ms: int, chatbot: Chatbot, key: ApiKey, **details: str | list[str]) -> AuditEvent:
    return audit_event(action, at_ms, chatbot.account_id, chatbot.id, key.id, **details)


def _creation(key: ApiKey, chatbot: Chatbot) -> AuditEvent:
    details: dict[str, str | list[str]] = {"name": key.name, "last4": key.last4, "allowlist": list(key.allowlist)}
    if key.expires_ms is not None:
        details["expires_at"] = datetime.fromtimestamp(key.expires_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _event(Action.KEY_CREATE, key.created_ms, chatbot, key, **details)


def _expiry(expires_at: int | None, created_ms: int) -> int | None:
    if expires_at is None:
        return None
    if not created_ms < expires_at * 1000 <= LATEST_EXPIRY * 1000:
        raise invalid("expires_at must be in the future, in Unix seconds.")
    return expires_at * 1000
