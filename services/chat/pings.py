"""A stream that never falls silent: a ping where no part comes for a while."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Generic, TypeVar

T = TypeVar("T")

# Parts made ahead of a slow reader; beyond it the maker waits, so that its backpressure reaches the model.
READ_AHEAD = 16


class PingedStream(Generic[T]):
    """Parts of a generator, with a ping wherever nothing was sent for `interval` seconds.

    A task of its own makes them. The task ends with the parts, when the reader is closed, or at once with `stop`;
    the generator is closed then.
    """

    def __init__(self, parts: AsyncGenerator[T, None], ping: T, interval: float) -> None:
        self._parts = parts
        self._ping = ping
        self._interval = interval
        self._ready: asyncio.Queue[T | None] = asyncio.Queue(READ_AHEAD)
        self._last_sent = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._making: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Cancels the making of parts. For a reader that may be stuck in sending, or gone."""
        if self._timer is not None:
            self._timer.cancel()
        if self._making is not None:
            self._making.cancel()

    async def read(self) -> AsyncGenerator[T, None]:
        """The parts and pings; raises what the parts' generator raised, after the parts before it."""
        loop = asyncio.get_running_loop()
        self._last_sent = loop.time()
        self._timer = loop.call_later(self._interval, self._tick)
        self._making = making = asyncio.create_task(self._make(), name="making of a stream")
        making.add_done_callback(self._wake_reader)
        try:
            while not (making.done() and self._ready.empty()):
                part = await self._ready.get()
                if part is not None:
                    self._last_sent = loop.time()
                    yield part
            making.result()
        finally:
            self.stop()
            await asyncio.wait({making})
            if not making.cancelled():
                making.exception()  # seen, where the reader left first

    async def _make(self) -> None:
        async with aclosing(self._parts) as parts:
            async for part in parts:
                await self._ready.put(part)

    def _wake_reader(self, _: "asyncio.Task[None]") -> None:
        # A reader that waits has an empty queue before it.
        if self._ready.empty():
            self._ready.put_nowait(None)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        silent = loop.time() - self._last_sent
        # With parts waiting it is the client that is slow.
        if silent >= self._interval and self._ready.empty():
            self._ready.put_nowait(self._ping)
            silent = 0.0
        self._timer = loop.call_later(max(self._interval - silent, 0.001), self._tick)
