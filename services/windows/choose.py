"""Which windows a process uses."""

from services.clock import Clock, system_clock
from services.windows.in_process import InProcessWindows
from services.windows.redis import RedisWindows
from services.windows.window import Windows


def open_windows(redis_url: str, clock: Clock = system_clock) -> Windows:
    """Windows shared through the Redis at `redis_url`, or in this process's memory when it is empty.

    Nothing connects before the first request. Redis counts by its own clock; `clock` is that of the fallback.
    """
    return RedisWindows(redis_url, InProcessWindows(clock)) if redis_url else InProcessWindows(clock)
