"""The store, on both kinds of databases."""

import asyncio
from dataclasses import replace

import pytest
from stored_keys import digest_of, fill

from services.auth.records import ApiKey, AuditEvent, AuditFilter, KeyGrant
from services.auth.store import AuthStore
from services.database import Database
from tests.waiting import PATIENCE

KEY = ApiKey("key_1", "bot_1", "Schlüssel 🔑", "wxyz", ("10.0.0.0/8", "2001:db8::1"), 1_000, expires_ms=2**41)


@pytest.fixture
async def filled(store: AuthStore) -> AuthStore:
    """A store with one account, chatbot and key."""
    await fill(store, KEY)
    return store


async def test_what_is_written_is_read_again_by_another_store(filled: AuthStore, database_url: str) -> None:
    reopened = Database(database_url, "auth")
    assert await AuthStore(reopened).api_keys("bot_1") == [KEY]
    await reopened.close()


async def test_one_look_finds_all_that_decides(filled: AuthStore) -> None:
    expected = KeyGrant("key_1", "bot_1", "acct_1", "plus", True, KEY.allowlist, 2**41, None)
    assert await filled.grant(digest_of("key_1")) == expected
    assert await filled.grant(bytes(32)) is None


async def test_a_failure_inside_a_transaction_leaves_nothing_behind(filled: AuthStore) -> None:
    (account,) = await filled.accounts(0, 10)

    async def fail() -> None:
        async with filled.write() as transaction:
            await transaction.save(replace(KEY, revoked_ms=5))
            await transaction.save(replace(account, plan="free"))
            await transaction.add(AuditEvent("evt_1", 1, "ada", "key.revoke", "acct_1", "bot_1", "key_1", "", {}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await filled.api_keys("bot_1") == [KEY]
    assert await filled.accounts(0, 10) == [account]
    assert await filled.audit_events(AuditFilter(), AuditFilter(), 100, 10) == []


async def test_a_reader_never_waits_for_a_writer(filled: AuthStore) -> None:
    async with filled.write() as transaction:
        await transaction.save(replace(KEY, revoked_ms=5))
        async with asyncio.timeout(PATIENCE):
            grant = await filled.grant(digest_of("key_1"))
        assert grant is not None
        assert grant.revoked_ms is None  # not committed yet
    grant = await filled.grant(digest_of("key_1"))
    assert grant is not None
    assert grant.revoked_ms == 5


async def test_active_keys_are_counted_at_a_time(filled: AuthStore) -> None:
    await fill(filled, ApiKey("key_2", "bot_1", "", "wxyz", (), 1, expires_ms=100))
    async with filled.write() as transaction:
        for at_ms, active in ((99, 2), (100, 1), (2**41, 0)):
            assert await transaction.count_active_keys("bot_1", at_ms) == active
        await transaction.save(replace(KEY, revoked_ms=50))
        assert await transaction.count_active_keys("bot_1", 99) == 1
        assert await transaction.count_active_keys("bot_2", 99) == 0


async def test_only_the_oldest_dead_keys_are_forgotten(filled: AuthStore) -> None:
    blank = ApiKey("", "bot_1", "", "wxyz", (), 1)
    keys = [replace(blank, id=f"key_{n}", expires_ms=100 if n % 2 else None) for n in range(2, 8)]
    await fill(filled, replace(keys[0], revoked_ms=50), *keys[1:])
    async with filled.write() as transaction:
        await transaction.forget_dead_keys("bot_1", 200, kept=2)
    # Dead were 2 (revoked), 3, 5 and 7 (expired).
    assert [key.id for key in await filled.api_keys("bot_1")] == ["key_1", "key_4", "key_5", "key_6", "key_7"]
