"""Ids: a prefix that tells the kind, and random letters that tell nothing."""

import string
from base64 import b64encode
from secrets import token_bytes

ALPHABET = string.ascii_letters + string.digits
RANDOM_LENGTH = 20  # 62**20 is about 2**119: no two will ever meet


def new_id(prefix: str) -> str:
    """A fresh id such as `bot_4fQ…`."""
    letters = b""
    # Base64 has two letters more; without them the others are as likely as before. One in a thousand are too few.
    while len(letters) < RANDOM_LENGTH:
        letters = b64encode(token_bytes(18)).translate(None, b"+/")
    return f"{prefix}_{letters[:RANDOM_LENGTH].decode()}"
