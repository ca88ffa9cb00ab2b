"""Time as a parameter, so that windows, expiries and periods can be tested without waiting."""

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Returns Unix seconds, UTC."""

system_clock: Clock = time.time
