"""Waiting for other processes or tasks, with bounds far beyond what a busy machine needs."""

import asyncio
import inspect
import time
from collections.abc import Callable

PATIENCE = 60.0


def eventually(look: Callable[[], object], seconds: float = PATIENCE, what: str = "it") -> None:
    """Return when `look` says yes. AssertionError if late."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.02)


async def until(look: Callable[[], object], seconds: float = PATIENCE, what: str = "it") -> None:
    """Return when `look`, which may be a coroutine function, says yes. AssertionError if late."""
    deadline = time.monotonic() + seconds
    while not (await said if inspect.isawaitable(said := look()) else said):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
        await asyncio.sleep(0.01)
