"""Keys put into a store directly, for tests of the store."""

import hashlib

from services.auth.records import Account, ApiKey, Chatbot
from services.auth.store import AuthStore


def digest_of(key_id: str) -> bytes:
    """The digest that `fill` stores of a key."""
    return hashlib.sha256(key_id.encode()).digest()


async def fill(store: AuthStore, *keys: ApiKey) -> None:
    """Store keys of bot_1, with that chatbot and its account unless they are there."""
    async with store.write() as transaction:
        if await transaction.chatbot("bot_1") is None:
            await transaction.add(Account("acct_1", "Acme", "plus", 1_000))
            await transaction.add(Chatbot("bot_1", "acct_1", "Helper", True, 1_000))
        for key in keys:
            await transaction.add(key, digest=digest_of(key.id))
