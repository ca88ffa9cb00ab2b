"""Windows in this process's memory: the embedded mode, and the fallback when Redis is away."""

from services.clock import Clock, system_clock
from services.windows import window
from services.windows.window import Count, Window

MAXIMUM_WINDOWS = 100_000


class InProcessWindows:
    """Windows of one process, at most `maximum` at a time.

    Over it the oldest is forgotten, so that a flood of new keys (failed attempts from ever new addresses) can't fill
    the memory.
    """

    def __init__(self, clock: Clock = system_clock, maximum: int = MAXIMUM_WINDOWS) -> None:
        self._clock = clock
        self._maximum = maximum
        # In the order of opening, which is (nearly) the order of ending.
        self._counts: dict[str, Count] = {}

    def __len__(self) -> int:
        return len(self._counts)

    async def hit(self, key: str, limit: int) -> Window:
        """See `Windows.hit`."""
        now = self._clock()
        after, answer = window.hit(self._counts.get(key), limit, now)
        if answer.allowed and after is not None:
            self._keep(key, after, now)
        return answer

    async def peek(self, key: str, limit: int) -> Window:
        """See `Windows.peek`."""
        return window.peek(self._counts.get(key), limit, self._clock())

    async def close(self) -> None:
        """See `Windows.close`."""
        self._counts.clear()

    def standing(self, key: str) -> Count | None:
        """How the key's open window stands; None when it has none."""
        count = self._counts.get(key)
        return count if count is not None and count.is_open(self._clock()) else None

    def learn(self, key: str, count: Count) -> None:
        """Takes over how a window stands elsewhere, unless more is known here of the same one."""
        known = self._counts.get(key)
        if known is None or known.ends_at != count.ends_at or known.used < count.used:
            self._keep(key, count, self._clock())

    def _keep(self, key: str, count: Count, now: float) -> None:
        known = self._counts.get(key)
        if known is not None and known.ends_at != count.ends_at:
            del self._counts[key]
        self._counts[key] = count
        self._sweep(now)

    def _sweep(self, now: float) -> None:
        while self._counts:
            oldest = next(iter(self._counts))
            if self._counts[oldest].is_open(now) and len(self._counts) <= self._maximum:
                return
            del self._counts[oldest]
