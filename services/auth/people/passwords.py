"""Passwords: which may be one, and their hashes, which are made beside the event loop."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from services.errors import invalid

SHORTEST, LONGEST = 10, 1000
# 50 to 70 ms of one core and 19 MiB, as OWASP advises; the library's own choice takes half a second.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
AT_ONCE = 2

# Of a password that nobody knows. It is verified where there is no other, which takes the same time.
NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$xb1SgE8K1O8fQAaYyrpJgg$bTWd2ZNn5AuXImhisrUYNmvPNS4ilnHWcV84Ya35tEM"


def check_password(password: str, field: str = "password") -> None:
    """INVALID_FIELD unless it may become one. Any characters will do: length is what counts."""
    if not SHORTEST <= len(_normal(password)) <= LONGEST:
        raise invalid(f"{field} must be {SHORTEST} to {LONGEST} characters.")


class Passwords:
    """Hashes and verifies, two at a time. A caller that gives up gives up its turn too."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, HASHER.hash, _normal(password))

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether it is the password of this hash; never without one, which takes the same time.

        INVALID_FIELD for one that is too long for any.
        """
        given = _normal(password)
        if len(given) > LONGEST:
            raise invalid(f"password must be at most {LONGEST} characters.")
        loop = asyncio.get_running_loop()
        matched = await loop.run_in_executor(self._threads, _matches, kept or NOBODYS_HASH, given)
        return matched and kept is not None

    def close(self) -> None:
        """Ends the threads when they have finished what they are at."""
        self._threads.shutdown(cancel_futures=True)


def _matches(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept, password)
    except VerificationError:
        return False


def _normal(password: str) -> str:
    # As it was typed, but for how keyboards compose their characters.
    return unicodedata.normalize("NFC", password)
