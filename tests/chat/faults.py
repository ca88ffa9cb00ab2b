"""What goes wrong in scripted services."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from services.errors import ChatmountError, Reason

Fault = Callable[[], Any]
"""Awaited in place of, or before, what a scripted service does."""


class Faults:
    """Faults of a scripted service: per method, one for each call.

    The last of them again and again.
    """

    def __init__(self) -> None:
        self._before: dict[str, list[Fault]] = defaultdict(list)
        self._after: dict[str, list[Fault]] = defaultdict(list)
        self.calls: dict[str, int] = defaultdict(int)
        self.left: dict[str, int] = defaultdict(int)

    def fail(self, method: str, error: Exception, times: int = 1_000_000) -> None:
        """The next calls of `method` do nothing and fail with `error`."""
        self._before[method] += [partial(_raise, error)] * min(times, 50)

    def lose_reply(self, method: str, times: int = 1) -> None:
        """The next calls of `method` do what they should and then seem to have failed."""
        self._after[method] += [partial(_raise, down())] * times

    def hang(self, method: str, gate: asyncio.Event, *, after: bool = False) -> None:
        """The next call of `method` waits for the gate before (or after) it does what it should.

        `left` counts the callers that did not wait so long.
        """

        async def wait() -> None:
            try:
                await gate.wait()
            except asyncio.CancelledError:
                self.left[method] += 1
                raise

        (self._after if after else self._before)[method].append(wait)

    def precede(self, method: str, happens: Callable[[], None], times: int = 1) -> None:
        """Before each of the next calls of `method` something else happens."""

        async def happen() -> None:
            happens()

        self._before[method] += [happen] * times

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        self._before.clear()
        self._after.clear()

    async def before(self, method: str) -> None:
        self.calls[method] += 1
        if self._before[method]:
            await self._before[method].pop(0)()

    async def after(self, method: str) -> None:
        if self._after[method]:
            await self._after[method].pop(0)()


async def _raise(error: Exception) -> None:
    raise error


def down() -> ChatmountError:
    return ChatmountError(Reason.UNAVAILABLE, "The service is temporarily unavailable.")
