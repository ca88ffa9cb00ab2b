"""The secrets of sessions, links, invitations and visitors: 256 random bits.

A digest of them is kept, as of API keys (see key_secret.py): there is nothing to guess, so a fast one is enough and can
be looked up.
"""

import hashlib
import re
import secrets

RANDOM_BYTES = 32

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def new_secret() -> str:
    """A fresh secret in base64url, 43 characters."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def is_well_formed(secret: str) -> bool:
    """Whether `secret` could be one at all, so that garbage costs no look-up."""
    return _SHAPE.fullmatch(secret) is not None


def digest(secret: str) -> bytes:
    """The SHA-256 of a secret, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()
