"""Reading a provider's reply: token by token or whole, with limits on its silence."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass

import aiohttp

from services.chat.answerers.model.chunk import (
    Chunk,
    Finish,
    TokenUsage,
    UnusableFinish,
    plain_text,
    read_chunk,
    read_completion,
)
from services.chat.answerers.model.failures import FailureKind, ProviderFailure
from services.chat.answerers.model.reply_bytes import LOST, look_away, received_by
from services.chat.answerers.model.request import Gathering
from services.chat.answerers.model.server_sent_events import Event, EventReader, EventTooLong

DONE = "[DONE]"
MAXIMUM_REPLY_BYTES = 4 * 1024 * 1024
# What may stand before a reply of either kind: white space to keep the connection alive, a byte order mark.
_BLANK = b" \t\r\n\xef\xbb\xbf"
# After the last token: so long is waited for the end of the reply, to use the connection again.
ENDING_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, until the first token, between two tokens, and for an answer in all."""

    connect: float = 5.0
    first_token: float = 30.0
    between_tokens: float = 20.0
    total: float = 300.0


async def read_reply(
    response: aiohttp.ClientResponse, first: float, last: float, between: float, gathering: Gathering
) -> AsyncGenerator[str | TokenUsage | Finish, None]:
    """The text of a reply in pieces, its cost where that is known, then how it ended.

    "" stands for unseen thoughts. `first` and `last`: the loop's times by which its first token must come, and its end;
    `between`: seconds between two tokens; `gathering`: see ModelRequest. ProviderFailure when it fails; what had come
    until then has been yielded.

    What is streamed and what is not shows in the first character: servers call either by the other's name.
    """
    if response.content_type == "text/html":
        raise ProviderFailure(FailureKind.REFUSED, "a web page, where completions should be", setting="URL")
    # What is announced as one piece comes when all of it is made.
    deadline = last if response.content_type == "application/json" else first
    while (begun := await received_by(response, deadline, last)) and not begun.strip(_BLANK):
        pass
    begun = begun.lstrip(_BLANK)
    if begun.startswith(b"{"):
        parts = _read_whole(response, begun, last)
    else:
        parts = _read_events(response, begun, first, last, between, gathering)
    async with aclosing(parts):
        async for part in parts:
            yield part


async def _read_events(
    response: aiohttp.ClientResponse, received: bytes, first: float, last: float, between: float, gathering: Gathering
) -> AsyncGenerator[str | TokenUsage | Finish, None]:
    """`received`: what of it was read already."""
    reader, ending = EventReader(), Ending()
    deadline = first
    usage: TokenUsage | None = None
    now = asyncio.get_running_loop().time
    while True:
        text, alive = "", False
        failure: ProviderFailure | None = None
        try:
            events = iter(reader.feed(received) if received else reader.finish())
            for event in filter(str.strip, events):
                if plain := plain_text(event.holds, ending.index):
                    text += plain
                    ending.goes_on()
                    continue
                is_last = event.strip() == DONE
                chunk = Chunk(finish=Finish.WHOLE) if is_last else read_chunk(event, ending.index)
                text, alive = text + chunk.text, alive or chunk.thinks
                usage = chunk.usage or usage
                if ending.is_reached(chunk, is_last=is_last):
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
        if now() >= last:
            # Bytes that are there already are read without waiting, so no deadline would be noticed.
            raise ProviderFailure(FailureKind.SLOW, "no end in time")
        if text or alive:
            deadline = min(now() + between, last)
            if not ending.finish:
                await look_away(response, gathering(), last)
        try:
            received = await received_by(response, deadline, last)
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
            self.goes_on()
        return self.is_sure

    def goes_on(self) -> None:
        """A chunk had text, or a thought, and no end."""
        self.finish, self._went_on = None, True


async def _read_whole(
    response: aiohttp.ClientResponse, begun: bytes, last: float
) -> AsyncGenerator[str | TokenUsage | Finish, None]:
    """A reply in one piece, asked for or not. `begun`: what of it was read already."""
    body = bytearray(begun)
    while received := await received_by(response, last, last):
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


async def _end(response: aiohttp.ClientResponse, reader: EventReader, events: Iterator[Event]) -> TokenUsage | None:
    """Reads what little follows the last token, so that the connection can be used again.

    `events`: what of it is there already. What the answer cost, where it is told; nothing else matters any more.
    """
    usage = _usage_in(events)
    with suppress(TimeoutError, *LOST, EventTooLong):
        async with asyncio.timeout(ENDING_SECONDS):
            while not response.content.at_eof():
                usage = _usage_in(reader.feed(await response.content.readany())) or usage
    return usage


def _usage_in(events: Iterable[Event]) -> TokenUsage | None:
    usage = None
    for event in events:
        # What tells no cost is a failure to read, and making one costs as much as reading ten tokens.
        if event.strip() != DONE:
            with suppress(ProviderFailure):
                usage = read_chunk(event).usage or usage
    return usage
