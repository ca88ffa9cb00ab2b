"""The check of a password that somebody gives, and how often it may fail."""

import hashlib

from services.auth.people.passwords import Passwords
from services.clock import Clock
from services.errors import Text, counted, refusal
from services.windows.window import Window, Windows

FAILURES_A_MINUTE = 5


class PasswordAttempts:
    """Counts failures for each e-mail address, whether it has a user or not."""

    def __init__(self, passwords: Passwords, windows: Windows, clock: Clock) -> None:
        self._passwords = passwords
        self._windows = windows
        self._clock = clock

    async def require(self, email_key: str, kept: str | None, password: str, wrong: Text = Text.SIGN_IN_FAILED) -> None:
        """Refuses with `wrong` unless `password` is the one of the hash `kept`, None: of nobody.

        MINUTE_LIMIT after too many failures, also for the right one.
        """
        # No window's key is an address that could be read where windows are kept.
        key = f"sign-in:{hashlib.sha256(email_key.encode()).hexdigest()}"
        self._require_open(await self._windows.peek(key, FAILURES_A_MINUTE))
        matches = await self._passwords.matches(kept, password)
        # Others may have failed while this one waited: of any number at once no more than the limit learn anything.
        window = await self._windows.peek(key, FAILURES_A_MINUTE) if matches else await self._fail(key)
        self._require_open(window)
        if not matches:
            raise refusal(wrong)

    async def _fail(self, key: str) -> Window:
        return await self._windows.hit(key, FAILURES_A_MINUTE)

    def _require_open(self, window: Window) -> None:
        if not window.allowed:
            wait = window.retry_after(self._clock())
            raise refusal(Text.SIGN_IN_ATTEMPTS, wait=counted(wait, "second"), retry_after=wait)
