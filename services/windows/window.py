"""The rules of a rate limit window, wherever it is kept.

A window opens with the first accepted request and lasts 60 s. It is counted in whole seconds of Unix time, from the
second in which it opened: only so is the end that clients are told at once whole, true, and never more than 60 s away.
"""

from dataclasses import dataclass
from math import ceil, floor
from typing import Protocol

from services.contract import WINDOW_SECONDS


@dataclass(frozen=True, slots=True)
class Window:
    """A key's window after a request, or as it stands.

    `remaining` is 0…limit. `reset_at` is Unix seconds, in (now, now + 60]: the end of the open window, or where one
    would end that opened now.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_at: int

    def retry_after(self, now: float) -> int:
        """Whole seconds from `now` until the window ends, 1–60."""
        return min(max(ceil(self.reset_at - now), 1), WINDOW_SECONDS)


class Windows(Protocol):
    """Windows of any number of keys. They share nothing; the limit may differ from call to call."""

    async def hit(self, key: str, limit: int) -> Window:
        """Counts a request if `limit` allows it. A refused one neither opens nor extends a window."""
        ...

    async def peek(self, key: str, limit: int) -> Window:
        """The window as it stands, nothing counted; `allowed` tells what a request would meet."""
        ...

    async def close(self) -> None:
        """Lets go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class Count:
    """A window's count: the Unix second at which it ends, and the requests accepted in it."""

    ends_at: int
    used: int

    def is_open(self, now: float) -> bool:
        """False when the window is over, or the clock was set back far behind its beginning."""
        return self.ends_at - 2 * WINDOW_SECONDS <= now < self.ends_at


def hit(count: Count | None, limit: int, now: float) -> tuple[Count | None, Window]:
    """One request against the window that `count` describes: the count after it, and the answer."""
    standing = _standing(count, now)
    if standing.used >= limit:
        return count, describe(standing, limit, now, allowed=False)
    standing = Count(standing.ends_at, standing.used + 1)
    return standing, describe(standing, limit, now, allowed=True)


def peek(count: Count | None, limit: int, now: float) -> Window:
    """The window that `count` describes, as it stands."""
    standing = _standing(count, now)
    return describe(standing, limit, now, allowed=standing.used < limit)


def describe(count: Count, limit: int, now: float, *, allowed: bool) -> Window:
    """The answer to a caller. Its end is at most 60 s away, also when the clock was set back."""
    return Window(
        allowed=allowed,
        limit=max(limit, 0),
        remaining=max(limit - count.used, 0),
        reset_at=min(count.ends_at, floor(now) + WINDOW_SECONDS),
    )


def _standing(count: Count | None, now: float) -> Count:
    """The count if its window is open, else that of one that opens now."""
    return count if count is not None and count.is_open(now) else Count(floor(now) + WINDOW_SECONDS, 0)
