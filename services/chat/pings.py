"""A stream that never falls silent: events as they are made, a ping where there are none for a while."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Generic, TypeVar

T = TypeVar("T")

PING_SECONDS = 15.0
# Events made ahead of a slow reader; beyond it the maker waits, so that its backpressure reaches the model.
READ_AHEAD = 16


class KeptAlive(Generic[T]):
    """Runs a generator of events in a task of its own; puts a ping wherever nothing was sent for `interval` seconds.

    The task ends with the events, when the reader is closed, or at once with `stop`; the generator is closed then.
    """

    def __init__(self, events: AsyncGenerator[T, None], ping: T, interval: float = PING_SECONDS) -> None:
        self._events = events
        self._ping = ping
        self._interval = interval
        self._ready: asyncio.Queue[T | None] = asyncio.Queue(READ_AHEAD)
        self._loop = asyncio.get_running_loop()
        self._last_sent = self._loop.time()
        self._timer = self._loop.call_later(interval, self._tick)
        self._maker = asyncio.create_task(self._make())
        self._maker.add_done_callback(self._wake_reader)

    def stop(self) -> None:
        """Cancels the making of events. For a reader that may be stuck in sending, or gone."""
        self._timer.cancel()
        self._maker.cancel()

    async def read(self) -> AsyncGenerator[T, None]:
        """The events and pings; raises what the events' generator raised, after the events before it."""
        try:
            while not (self._maker.done() and self._ready.empty()):
                event = await self._ready.get()
                if event is not None:
                    self._last_sent = self._loop.time()
                    yield event
            self._maker.result()
        finally:
            self.stop()
            await asyncio.wait({self._maker})
            if not self._maker.cancelled():
                self._maker.exception()  # seen, where the reader left first

    async def _make(self) -> None:
        async with aclosing(self._events) as events:
            async for event in events:
                await self._ready.put(event)

    def _wake_reader(self, _: "asyncio.Task[None]") -> None:
        # A reader that waits has an empty queue before it.
        if self._ready.empty():
            self._ready.put_nowait(None)

    def _tick(self) -> None:
        silent = self._loop.time() - self._last_sent
        # With events waiting it is the client that is slow.
        if silent >= self._interval and self._ready.empty():
            self._ready.put_nowait(self._ping)
            silent = 0.0
        self._timer = self._loop.call_later(max(self._interval - silent, 0.001), self._tick)
