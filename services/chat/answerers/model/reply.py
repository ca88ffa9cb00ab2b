"""Reading a provider's reply: token by token or whole, with limits on its silence."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass

import aiohttp

from services.chat.answerers.model.chunk import Chunk, Finish, TokenUsage, UnusableFinish, read_chunk, read_completion
from services.chat.answerers.model.failures import FailureKind, ProviderFailure
from services.chat.answerers.model.server_sent_events import Event, EventReader, EventTooLong

DONE = "[DONE]"
MAXIMUM_REPLY_BYTES = 4 * 1024 * 1024
# What may stand before a reply of either kind: white space to keep the connection alive, a byte order mark.
_BLANK = b" \t\r\n\xef\xbb\xbf"
# After the last token: so long is waited for the end of the reply, to use the connection again.
ENDING_SECONDS = 0.1
# A deadline that is noticed so much too late was missed by this process, not by the provider.
LATE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, until the first token, between two tokens, and for an answer in all."""

    connect: float = 5.0
    first_token: float = 30.0
    between_tokens: float = 20.0
    total: float = 300.0


async def read_reply(
    response: aiohttp.ClientResponse, first: float, last: float, between: float
) -> AsyncGenerator[str | TokenUsage | Finish, None]:
    """The text of a reply in pieces, its cost where that is known, then how it ended.

    "" stands for unseen thoughts.

    `first` and `last`: the loop's times by which its first token must come, and its end; `between`: seconds between
    two tokens. ProviderFailure when it fails; what had come until then has been yielded.

    What is streamed and what is not shows in the first character: servers call either by the other's name.
    """
    if response.content_type == "text/html":
        raise ProviderFailure(FailureKind.REFUSED, "a web page, where completions should be", setting="URL")
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
) -> AsyncGenerator[str | TokenUsage | Finish, None]:
    """`received`: what of it was read already."""
    reader, ending = EventReader(), Ending()
    deadline = first
    usage: TokenUsage | None = None
    while True:
        if asyncio.get_running_loop().time() > last:
            # Bytes that are there already are read without waiting, so no deadline would be noticed.
            raise ProviderFailure(FailureKind.SLOW, "no end in time")
        text, alive = "", False
        failure: ProviderFailure | None = None
        try:
            events = iter(reader.feed(received) if received else reader.finish())
            for event in filter(str.strip, events):
                chunk = Chunk(finish=Finish.WHOLE) if event.strip() == DONE else read_chunk(event, ending.index)
                text, alive = text + chunk.text, alive or chunk.thinks
                usage = chunk.usage or usage
                if ending.is_reached(chunk, is_last=event.strip() == DONE):
                    break
        except UnusableFinish as unusable:
            text, failure = text + unusable.text, unusable
        except ProviderFailure as error:
            failure = error
        except EventTooLong:
            failure = ProviderFailure(FailureKind.GARBAGE, "an event without end")
        if text or alive:
            # What had come before it went wrong stands.
            yield text
        if failure:
            raise failure
        if ending.is_sure or (ending.finish and not received):
            usage = await _end(response, reader, events) or usage
            if usage:
                yield usage
            yield ending.finish or Finish.WHOLE
            return
        if not received:
            raise ProviderFailure(FailureKind.BROKEN, "the reply ended before the answer")
        if text or alive:
            deadline = min(asyncio.get_running_loop().time() + between, last)
        try:
            received = await _received(response, deadline, last)
        except ProviderFailure as silence:
            if not ending.finish or silence.kind is not FailureKind.SLOW:
                raise
            received = b""


class Ending:
    """The end of an answer.

    `index`: of the choice that is listened to; None before it is known.

    Some servers name an end in every chunk: where no text came without one, it is believed when nothing follows.
    """

    def __init__(self) -> None:
        self.index: int | None = None
        self.finish: Finish | None = None
        self.is_sure = False
        self._went_on = False

    def is_reached(self, chunk: Chunk, *, is_last: bool) -> bool:
        """Whether nothing matters that comes after this chunk. `is_last`: the reply itself says so."""
        if self.index is None:
            self.index = chunk.index
        if is_last:
            self.finish, self.is_sure = self.finish or chunk.finish, True
        elif chunk.finish:
            self.finish = chunk.finish
            self.is_sure = self._went_on or (chunk.finish is Finish.FILTERED and not chunk.text)
        elif chunk.text or chunk.thinks:
            self.finish, self._went_on = None, True
        return self.is_sure


async def _read_whole(
    response: aiohttp.ClientResponse, begun: bytes, last: float
) -> AsyncGenerator[str | TokenUsage | Finish, None]:
    """A reply in one piece, asked for or not. `begun`: what of it was read already."""
    body = bytearray(begun)
    while received := await _received(response, last, last):
        body += received
        if len(body) > MAXIMUM_REPLY_BYTES:
            raise ProviderFailure(FailureKind.GARBAGE, "a reply without end")
    try:
        chunk = read_completion(body.decode("utf-8", "replace"))
    except UnusableFinish as unusable:
        # Asked for nothing but text, and nothing of it has left yet.
        raise ProviderFailure(unusable.kind, str(unusable)) from unusable
    if chunk.text or chunk.thinks:
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
                raise ProviderFailure(FailureKind.SLOW, "silence") from error
            # It was this process that stood still: what the provider said meanwhile is still to be read.
            deadline = min(now + LATE_SECONDS, last)
        except (aiohttp.ClientError, OSError) as error:
            raise ProviderFailure(FailureKind.BROKEN, type(error).__name__) from error


async def _end(response: aiohttp.ClientResponse, reader: EventReader, events: Iterator[Event]) -> TokenUsage | None:
    """Reads what little follows the last token, so that the connection can be used again.

    `events`: what of it is there already. What the answer cost, where it is told; nothing else matters any more.
    """
    usage = _usage_in(events)
    with suppress(TimeoutError, aiohttp.ClientError, OSError, EventTooLong):
        async with asyncio.timeout(ENDING_SECONDS):
            while not response.content.at_eof():
                usage = _usage_in(reader.feed(await response.content.readany())) or usage
    return usage


def _usage_in(events: Iterable[Event]) -> TokenUsage | None:
    usage = None
    for event in events:
        with suppress(ProviderFailure):
            usage = read_chunk(event).usage or usage
    return usage
