"""People, sessions and an invitation as the store takes them."""

import hashlib
from dataclasses import replace
from typing import Any

from services.auth.people.records import (
    AccountRole,
    Invitation,
    User,
    UserSession,
)
from services.auth.records import Account
from services.auth.store import Transaction

ADA = User("usr_1", "Ada@Example.com", "ada@example.com", "Ada 🚲", True, 1_000, "$argon2id$…", None, None)
BOB = User("usr_2", "bob@example.com", "bob@example.com", "Bob", False, 2_000, None, 2_500, None)
ACCOUNTS = [Account("acct_1", "beta", "plus", 1_000), Account("acct_2", "Alpha", "go", 1_000)]
SESSIONS = [UserSession(f"uss_{number}", "usr_1", 1_000, 1_000 + number, 9_000, "::1", "ü") for number in range(1, 5)]
INVITATION = Invitation("inv_1", "acct_1", "E@x.de", "e@x.de", AccountRole.EDITOR, "ada", "i" * 16, 1_000, 5_000)


async def change(transaction: Transaction, user_id: str, **fields: Any) -> None:
    """Save a user with other fields; what is saved must have been read."""
    user = await transaction.user(user_id)
    assert user is not None
    await transaction.save(replace(user, **fields))


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
