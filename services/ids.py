"""Ids: a prefix that tells the kind, and random letters that tell nothing."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits
RANDOM_LENGTH = 20  # 62**20 is about 2**119: no two will ever meet
_POSSIBLE = len(ALPHABET) ** RANDOM_LENGTH


def new_id(prefix: str) -> str:
    """A fresh id such as `bot_4fQ…`."""
    # One number, not a letter at a time: each would ask the system for random bytes, and every passage has an id.
    number, letters = secrets.randbelow(_POSSIBLE), ""
    for _ in range(RANDOM_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters += ALPHABET[place]
    return f"{prefix}_{letters}"
