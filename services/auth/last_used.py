"""The last use of things: written every few seconds, so that no request waits for a commit."""

from collections.abc import Awaitable, Callable, Mapping

from services.buffer import FLUSH_SECONDS, Buffer, Thing
from services.clock import Clock, now_ms


class LastUsed(Buffer[Thing]):
    """A buffer with a time for each thing used since the last write."""

    def __init__(
        self,
        write: Callable[[Mapping[Thing, int]], Awaitable[None]],
        clock: Clock,
        task: str,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        """`write` stores times, in Unix milliseconds; `task` says so in the log."""
        super().__init__(write, max, task, flush_seconds)
        self._clock = clock

    def mark(self, thing: Thing) -> None:
        """It was used now."""
        self.put(thing, now_ms(self._clock))
