"""The choice of a process's windows."""

from services.clock import Clock, system_clock
from services.windows.in_process import InProcessWindows
from services.windows.window import Windows


async def open_windows(redis_url: str, clock: Clock = system_clock, *, redis_timeout_ms: int = 50) -> Windows:
    """Windows shared through the Redis at `redis_url`; in memory when it is empty.

    They are opened whether or not it is there. Redis counts by its own clock; `clock` is that of the
    fallback, which decides after `redis_timeout_ms`.
    """
    own = InProcessWindows(clock)
    if not redis_url:
        return own
    # Its client takes long to load, and a stack on one machine never needs it.
    from services.windows.redis import RedisWindows

    shared = RedisWindows(redis_url, own, redis_timeout_ms / 1000)
    await shared.connect()
    return shared
