"""Time as a parameter, so that windows, expiries and periods can be tested without waiting."""

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Returns Unix seconds, UTC."""

system_clock: Clock = time.time


def now_ms(clock: Clock) -> int:
    """The clock's time in whole milliseconds."""
    return int(clock() * 1000)
