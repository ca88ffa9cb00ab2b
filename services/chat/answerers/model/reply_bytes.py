"""The bytes of a provider's reply as they come, with limits on its silence."""

import asyncio
from asyncio import sleep

import aiohttp

from services.chat.answerers.model.failures import FailureKind, ProviderFailure

# A deadline that is noticed so much too late was missed by this process, not by the provider.
LATE_SECONDS = 0.25
# Pieces that leave together cost less; if all did, new questions would come in bursts as well, and wait.
TICK_SECONDS = 0.01
# RuntimeError is how aiohttp refuses to wait for a connection that is gone.
LOST = (aiohttp.ClientError, OSError, RuntimeError)


def notice_its_loss(response: aiohttp.ClientResponse) -> None:
    """Let reading a reply fail when its connection is lost.

    aiohttp closes a connection whose chunks are malformed, and leaves the reader waiting.
    """
    content, connection = response.content, response.connection
    protocol = connection and connection.protocol
    closed = None if protocol is None else protocol.closed
    if closed is None:
        return

    def fail(_: "asyncio.Future[None]") -> None:
        if not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError("the connection is gone"))

    def leave() -> None:
        closed.remove_done_callback(fail)

    # The connection may serve many more replies, and be lost between two of them.
    closed.remove_done_callback(_notice)
    closed.add_done_callback(_notice)
    closed.add_done_callback(fail)
    content.on_eof(leave)


def _notice(closed: "asyncio.Future[None]") -> None:
    # What nobody has looked at would be logged.
    closed.exception()


async def received_by(response: aiohttp.ClientResponse, deadline: float, last: float) -> bytes:
    """What came next, b"" at the end. ProviderFailure when nothing comes in time."""
    loop = asyncio.get_running_loop()
    while True:
        due = max(deadline, loop.time())
        try:
            async with asyncio.timeout_at(deadline):
                return await response.content.readany()
        except TimeoutError as error:
            now = loop.time()
            if now < due + LATE_SECONDS or now >= last:
                raise ProviderFailure(FailureKind.SLOW, "silence") from error
            # It was this process that stood still: what the provider said meanwhile is still to be read.
            deadline = min(now + LATE_SECONDS, last)
        except LOST as error:
            raise ProviderFailure(FailureKind.BROKEN, type(error).__name__) from error


async def look_away(response: aiohttp.ClientResponse, seconds: float, last: float) -> None:
    """Leave what comes to the system for about so long; it is there at once afterwards.

    To take each token as it comes costs more than all that is done with it. It ends at a tick of a clock that all
    replies share, and does not begin when that would be after `last`.
    """
    transport = response.connection and response.connection.transport
    now = asyncio.get_running_loop().time()
    # Without a connection all of it has come.
    if transport is None or not seconds or now + seconds >= last:
        return
    transport.pause_reading()
    try:
        await sleep(round((now + seconds) / TICK_SECONDS) * TICK_SECONDS - now)
    finally:
        transport.resume_reading()
