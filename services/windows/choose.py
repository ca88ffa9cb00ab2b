"""Which windows a process uses."""

from pathlib import Path

from services.clock import Clock, system_clock
from services.windows.in_process import InProcessWindows
from services.windows.kept import KeptWindows
from services.windows.window import Windows


def open_windows(
    redis_url: str, clock: Clock = system_clock, file: Path | None = None, *, redis_timeout_ms: int = 50
) -> Windows:
    """Windows shared through the Redis at `redis_url`, or in this process's memory when it is empty.

    `file` keeps the latter over a restart. Nothing connects before the first request. Redis counts by its own clock;
    `clock` is that of the fallback, which decides after `redis_timeout_ms`.
    """
    own = InProcessWindows(clock)
    if redis_url:
        # Its client takes long to load, and a stack on one machine never needs it.
        from services.windows.redis import RedisWindows

        return RedisWindows(redis_url, own, redis_timeout_ms / 1000)
    return own if file is None else KeptWindows(own, file)
