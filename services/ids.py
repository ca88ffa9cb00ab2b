"""Ids: a prefix that tells the kind, and random letters that tell nothing."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits
RANDOM_LENGTH = 20  # 62**20 is about 2**119: no two will ever meet


def new_id(prefix: str) -> str:
    """A fresh id such as `bot_4fQ…`."""
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
