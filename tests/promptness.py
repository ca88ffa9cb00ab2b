"""Bounds of time on a machine that may be busy with something else.

What is slow every time is slow; what is slow once may be the machine: a short bound that was missed is tried again.
"""

from collections.abc import Awaitable, Callable
from typing import Any

ATTEMPTS = 10


def is_once_within(seconds: float, measure: Callable[[], float]) -> None:
    """Calls `measure`, which returns seconds, until it is in time, or an AssertionError."""
    took: list[float] = []
    while not took or took[-1] >= seconds:
        assert len(took) < ATTEMPTS, f"never within {seconds} s: {took}"
        took.append(measure())


async def is_once_so(look: Callable[[], Awaitable[object]], expected: Callable[[Any], bool]) -> None:
    """Looks again and again until what is seen is as expected, or an AssertionError."""
    seen: list[object] = []
    while not seen or not expected(seen[-1]):
        assert len(seen) < ATTEMPTS, f"never as expected: {seen}"
        seen.append(await look())


async def was_once_within(seconds: float, measure: Callable[[], Awaitable[float]]) -> None:
    """The same for what is awaited."""
    took: list[float] = []
    while not took or took[-1] >= seconds:
        assert len(took) < ATTEMPTS, f"never within {seconds} s: {took}"
        took.append(await measure())
