"""Reading a provider's reply: token by token or whole, with limits on its silence."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import suppress

import aiohttp

from services.chat.answerers.model.chunk import Chunk, Finish, UnusableFinish, Usage, read_chunk
from services.chat.answerers.model.failures import Kind, ProviderFailure
from services.chat.answerers.model.server_sent_events import EventReader, EventTooLong

DONE = "[DONE]"
MAXIMUM_REPLY_BYTES = 4 * 1024 * 1024
# After the last token: so long is waited for the end of the reply, to use the connection again.
ENDING_SECONDS = 0.1
# A deadline that is noticed so much too late was missed by this process, not by the provider.
LATE_SECONDS = 0.25


async def read_events(
    response: aiohttp.ClientResponse, first: float, last: float, between: float
) -> AsyncGenerator[str | Usage | Finish, None]:
    """The text of a streamed reply in pieces, what it cost where that is told, then how it ended.

    `first` and `last`: the loop's times by which its first token must come, and its end; `between`: seconds between
    two tokens. ProviderFailure when it fails; what had come until then has been yielded.
    """
    reader = EventReader()
    deadline = first
    usage: Usage | None = None
    while True:
        received = await _received(response, deadline, last)
        if asyncio.get_running_loop().time() > last:
            # Bytes that are there already are read without waiting, so no deadline would be noticed.
            raise ProviderFailure(Kind.SLOW, "no end in time")
        text, alive, finish = "", False, None
        failure: ProviderFailure | None = None
        try:
            events = iter(reader.feed(received) if received else reader.finish())
            for event in events:
                chunk = Chunk(finish=Finish.WHOLE) if event.strip() == DONE else read_chunk(event)
                text, alive, finish = text + chunk.text, alive or chunk.alive, chunk.finish
                usage = chunk.usage or usage
                if finish:
                    break
        except UnusableFinish as unusable:
            text, failure = text + unusable.text, unusable
        except ProviderFailure as error:
            failure = error
        except EventTooLong:
            failure = ProviderFailure(Kind.GARBAGE, "an event without end")
        if text:
            # What had come before it went wrong stands.
            yield text
        if failure:
            raise failure
        if finish:
            usage = await _end(response, reader, events) or usage
            if usage:
                yield usage
            yield finish
            return
        if not received:
            raise ProviderFailure(Kind.BROKEN, "the reply ended before the answer")
        if alive:
            deadline = min(asyncio.get_running_loop().time() + between, last)


async def read_whole(response: aiohttp.ClientResponse, last: float) -> AsyncGenerator[str | Usage | Finish, None]:
    """A reply in one piece, asked for or not."""
    body = bytearray()
    while received := await _received(response, last, last):
        body += received
        if len(body) > MAXIMUM_REPLY_BYTES:
            raise ProviderFailure(Kind.GARBAGE, "a reply without end")
    try:
        chunk = read_chunk(body.decode("utf-8", "replace"))
    except UnusableFinish as unusable:
        # Asked for nothing but text, and nothing of it has left yet.
        raise ProviderFailure(unusable.kind, str(unusable)) from unusable
    if chunk.text:
        yield chunk.text
    if chunk.usage:
        yield chunk.usage
    yield chunk.finish or Finish.WHOLE


async def _received(response: aiohttp.ClientResponse, deadline: float, last: float) -> bytes:
    """What came next, b"" at the end."""
    loop = asyncio.get_running_loop()
    while True:
        due = max(deadline, loop.time())
        try:
            async with asyncio.timeout_at(deadline):
                return await response.content.readany()
        except TimeoutError as error:
            now = loop.time()
            if now < due + LATE_SECONDS or now >= last:
                raise ProviderFailure(Kind.SLOW, "silence") from error
            # It was this process that stood still: what the provider said meanwhile is still to be read.
            deadline = min(now + LATE_SECONDS, last)
        except (aiohttp.ClientError, OSError) as error:
            raise ProviderFailure(Kind.BROKEN, type(error).__name__) from error


async def _end(response: aiohttp.ClientResponse, reader: EventReader, events: Iterator[str]) -> Usage | None:
    """Reads what little follows the last token, so that the connection can be used again.

    `events`: what of it is there already. What the answer cost, where it is told; nothing else matters any more.
    """
    usage = _usage_in(events)
    with suppress(TimeoutError, aiohttp.ClientError, OSError, EventTooLong):
        async with asyncio.timeout(ENDING_SECONDS):
            while not response.content.at_eof():
                usage = _usage_in(reader.feed(await response.content.readany())) or usage
    return usage


def _usage_in(events: Iterable[str]) -> Usage | None:
    usage = None
    for event in events:
        with suppress(ProviderFailure):
            usage = read_chunk(event).usage or usage
    return usage
