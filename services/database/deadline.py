"""An end to work that takes too long."""

import asyncio
import time
from collections.abc import Callable

LATE_SECONDS = 0.02


class Deadline:
    """Runs an action once, `seconds` from now, unless it is cancelled first.

    A loop that comes late itself proves nothing: the answer may be there, unread. What it was late by is added once.
    """

    def __init__(self, seconds: float | None) -> None:
        self.has_passed = False
        self._seconds = seconds
        self._action: Callable[[], object] | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._extended = False
        if seconds is not None:
            self._arm(seconds)

    def then(self, action: Callable[[], object]) -> None:
        """What to do at the end, in place of what was to be done so far; at once if it has passed."""
        self._action = action
        if self.has_passed:
            action()

    def restart(self, seconds: float | None) -> None:
        """Gives the work this many seconds from now; None: as long as it takes."""
        if self._handle is not None:
            self._handle.cancel()
        self._seconds = seconds
        if seconds is not None and not self.has_passed:
            self._arm(seconds)

    def cancel(self) -> None:
        """The work is done."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._action = None

    def _arm(self, seconds: float) -> None:
        self._due = time.monotonic() + seconds
        self._handle = asyncio.get_running_loop().call_later(seconds, self._end)

    def _end(self) -> None:
        late = time.monotonic() - self._due
        if late > LATE_SECONDS and not self._extended and self._seconds is not None:
            self._extended = True
            self._arm(min(late, self._seconds))
            return
        self.has_passed = True
        if self._action is not None:
            self._action()
