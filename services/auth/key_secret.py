"""The secret of an API key: how it is made and recognised, and what is stored of it."""

import hashlib
import re
import secrets
import string
import zlib

from services.contract import KEY_PREFIX

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH = 26  # 62**26 is about 2**155
CHECKSUM_LENGTH = 6  # 62**6 is more than 2**32: a CRC-32 fits
LAST_LENGTH = 4

_SHAPE = re.compile(rf"{KEY_PREFIX}[0-9A-Za-z]{{{RANDOM_LENGTH + CHECKSUM_LENGTH}}}", re.ASCII)


def generate() -> str:
    """A fresh secret: the prefix, 26 random characters and 6 characters of checksum."""
    body = KEY_PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return body + _checksum(body)


def is_well_formed(secret: str) -> bool:
    """Whether `secret` could be a key at all, so that garbage costs no look-up.

    The checksum is no protection: anybody can compute it. It catches typing errors and cut-off pastes.
    """
    return _SHAPE.fullmatch(secret) is not None and secret[-CHECKSUM_LENGTH:] == _checksum(secret[:-CHECKSUM_LENGTH])


def digest(secret: str) -> bytes:
    """The SHA-256 of a secret, 32 bytes, which is all that is stored of it.

    A slow, salted password hash guards secrets that people choose and attackers can guess. This one is 155 random
    bits: there is nothing to guess, no table to prepare, and a fast digest can be looked up by an index on every
    request. Comparing by look-up gives no timing to learn from, since nobody can choose a digest's first bytes.
    """
    return hashlib.sha256(secret.encode()).digest()


def last_characters(secret: str) -> str:
    """The characters that lists show: of the checksum, so that the random part stays unknown."""
    return secret[-LAST_LENGTH:]


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    characters = []
    for _ in range(CHECKSUM_LENGTH):
        number, remainder = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[remainder])
    return "".join(reversed(characters))
