"""The store, on both kinds of databases."""

import asyncio

import pytest

from services.auth.records import Account, ApiKey, Chatbot, KeyGrant
from services.auth.store import Store
from services.database import Database

KEY = ApiKey("key_1", "bot_1", "Schlüssel 🔑", "wxyz", ("10.0.0.0/8", "2001:db8::1"), 1_000, expires_ms=2**41)
DIGEST = bytes(range(32))


@pytest.fixture
async def filled(store: Store) -> Store:
    """A store with one account, chatbot and key."""
    async with store.write() as transaction:
        await transaction.add_account(Account("acct_1", "Acme", "plus", 1_000))
        await transaction.add_chatbot(Chatbot("bot_1", "acct_1", "Helper", True, 1_000))
        await transaction.add_api_key(KEY, DIGEST)
    return store


async def test_what_is_written_is_read_again_by_another_store(filled: Store, database_url: str) -> None:
    reopened = Database(database_url, "auth")
    assert await Store(reopened).api_keys("bot_1") == (KEY,)
    await reopened.close()


async def test_one_look_finds_all_that_decides(filled: Store) -> None:
    expected = KeyGrant("key_1", "bot_1", "acct_1", "plus", True, KEY.allowlist, 2**41, None)
    assert await filled.grant(DIGEST) == expected
    assert await filled.grant(bytes(32)) is None


async def test_a_failure_inside_a_transaction_leaves_nothing_behind(filled: Store) -> None:
    async def fail() -> None:
        async with filled.write() as transaction:
            await transaction.revoke("key_1", 5)
            await transaction.set_plan("acct_1", "free")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await filled.api_keys("bot_1") == (KEY,)
    assert (await filled.accounts(0, 10)).items[0].plan == "plus"


async def test_a_reader_never_waits_for_a_writer(filled: Store) -> None:
    async with filled.write() as transaction:
        await transaction.revoke("key_1", 5)
        async with asyncio.timeout(20):
            grant = await filled.grant(DIGEST)
        assert grant is not None
        assert grant.revoked_ms is None  # not committed yet
    grant = await filled.grant(DIGEST)
    assert grant is not None
    assert grant.revoked_ms == 5


async def test_active_keys_are_counted_at_a_time(filled: Store) -> None:
    async with filled.write() as transaction:
        await transaction.add_api_key(ApiKey("key_2", "bot_1", "", "wxyz", (), 1, expires_ms=100), bytes(32))
        for now_ms, active in ((99, 2), (100, 1), (2**41, 0)):
            assert await transaction.count_active_keys("bot_1", now_ms) == active
        await transaction.revoke("key_1", 50)
        assert await transaction.count_active_keys("bot_1", 99) == 1
        assert await transaction.count_active_keys("bot_2", 99) == 0


async def test_only_the_oldest_dead_keys_are_forgotten(filled: Store) -> None:
    async with filled.write() as transaction:
        for number in range(2, 8):
            expires_ms = 100 if number % 2 else None
            key = ApiKey(f"key_{number}", "bot_1", "", "wxyz", (), 1, expires_ms=expires_ms)
            await transaction.add_api_key(key, bytes([number]) * 32)
        await transaction.revoke("key_2", 50)
        await transaction.forget_dead_keys("bot_1", 200, kept=2)
    # Dead were 2 (revoked), 3, 5 and 7 (expired).
    assert [key.id for key in await filled.api_keys("bot_1")] == ["key_1", "key_4", "key_5", "key_6", "key_7"]
