"""A scripted provider beside tests that don't run in an event loop of their own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.waiting import PATIENCE

from .scripted_provider import ScriptedProvider


@contextmanager
def provider_thread() -> Iterator[ScriptedProvider]:
    """A provider in a thread of its own, until the block is left.

    Its script and its requests can be used from here.
    """
    provider = ScriptedProvider()
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        await provider.start()
        ready.set()
        await stop.wait()
        await provider.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield provider
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
