"""Reading a provider's reply: token by token or whole, with limits on its silence."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing, suppress

import aiohttp

from services.chat.answerers.model.chunk import Chunk, Finish, UnusableFinish, Usage, read_chunk
from services.chat.answerers.model.failures import Kind, ProviderFailure
from services.chat.answerers.model.server_sent_events import EventReader, EventTooLong

DONE = "[DONE]"
MAXIMUM_REPLY_BYTES = 4 * 1024 * 1024
# What may stand before a reply of either kind: white space to keep the connection alive, a byte order mark.
_BLANK = b" \t\r\n\xef\xbb\xbf"
# After the last token: so long is waited for the end of the reply, to use the connection again.
ENDING_SECONDS = 0.1
# A deadline that is noticed so much too late was missed by this process, not by the provider.
LATE_SECONDS = 0.25


async def read_reply(
    response: aiohttp.ClientResponse, first: float, last: float, between: float
) -> AsyncGenerator[str | Usage | Finish, None]:
    """The text of a reply in pieces, what it cost where that is told, then how it ended.

    `first` and `last`: the loop's times by which its first token must come, and its end; `between`: seconds between
    two tokens. ProviderFailure when it fails; what had come until then has been yielded.

    What is streamed and what is not shows in the first character: servers call either by the other's name.
    """
    # What is announced as one piece comes when all of it is made.
    deadline = last if response.content_type == "application/json" else first
    while (begun := await _received(response, deadline, last)) and not begun.strip(_BLANK):
        pass
    begun = begun.lstrip(_BLANK)
    whole = begun.startswith(b"{")
    parts = _read_whole(response, begun, last) if whole else _read_events(response, begun, first, last, between)
    async with aclosing(parts):
        async for part in parts:
            yield part


async def _read_events(
    response: aiohttp.ClientResponse, received: bytes, first: float, last: float, between: float
) -> AsyncGenerator[str | Usage | Finish, None]:
    """`received`: what of it was read already."""
    reader = EventReader()
    deadline = first
    usage: Usage | None = None
    while True:
        if asyncio.get_running_loop().time() > last:
            # Bytes that are there already are read without waiting, so no deadline would be noticed.
            raise ProviderFailure(Kind.SLOW, "no end in time")
        text, alive, finish = "", False, None
        failure: ProviderFailure | None = None
        try:
            events = iter(reader.feed(received) if received else reader.finish())
            for event in filter(str.strip, events):
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
        received = await _received(response, deadline, last)


async def _read_whole(
    response: aiohttp.ClientResponse, begun: bytes, last: float
) -> AsyncGenerator[str | Usage | Finish, None]:
    """A reply in one piece, asked for or not. `begun`: what of it was read already."""
    body = bytearray(begun)
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
