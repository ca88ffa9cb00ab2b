"""Streams that do not fall silent."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from functools import partial

import pytest

from services.chat.answerers.answerer import Citations
from services.chat.pings import PingedStream
from tests.promptness import is_once_so
from tests.waiting import until

from .chat_harness import QUICK, Chat
from .conftest import Serving
from .scripted_neighbours import ScriptedAnswerer

INTERVAL = 0.4  # of which a busy machine may take a good part


@pytest.fixture
async def pinging(serving: Serving, answerer: ScriptedAnswerer) -> AsyncIterator[Chat]:
    async with serving(answerer, replace(QUICK, ping_seconds=INTERVAL)) as running:
        yield running


async def kinds(pinging: Chat) -> list[str]:
    return [event.type for event in await pinging.events()]


async def test_silence_before_the_first_token_and_between_tokens_is_filled(
    pinging: Chat, answerer: ScriptedAnswerer
) -> None:
    answerer.script = (2.5 * INTERVAL, "a", 2.5 * INTERVAL, "b", Citations((1,)))
    ping, rest = ("ping", "ping"), ("token", "sources", "done")
    await is_once_so(partial(kinds, pinging), lambda seen: seen == [*ping, "token", *ping, *rest])


async def test_a_ping_carries_nothing_else(pinging: Chat, answerer: ScriptedAnswerer) -> None:
    answerer.script = (2.5 * INTERVAL, "a")
    ping = next(event for event in await pinging.events() if event.type == "ping")
    assert [field.name for field, _ in ping.ListFields()] == ["type"]


async def test_tokens_that_keep_coming_need_no_ping(pinging: Chat, answerer: ScriptedAnswerer) -> None:
    answerer.script = ("t", 0.1 * INTERVAL) * 30
    await is_once_so(partial(kinds, pinging), lambda seen: "ping" not in seen)


async def test_a_failure_after_a_ping_is_an_event_and_costs_nothing_before_the_first_token(
    pinging: Chat, answerer: ScriptedAnswerer
) -> None:
    answerer.script = (1.5 * INTERVAL, ValueError("inside"))
    await is_once_so(partial(kinds, pinging), lambda seen: seen == ["ping", "error"])
    await until(lambda: (pinging.quota.held, pinging.quota.charged) == (0, 0))


class Events:
    """A generator of numbers that tells what became of it."""

    def __init__(self, *steps: int | float | Exception) -> None:
        self.steps = steps
        self.closed = False

    async def run(self) -> AsyncGenerator[int, None]:
        try:
            for step in self.steps:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, float):
                    await asyncio.sleep(step)
                else:
                    yield step
        finally:
            self.closed = True


async def test_what_was_made_before_a_failure_comes_before_it() -> None:
    reader = PingedStream(Events(*range(100), KeyError()).run(), -1, INTERVAL).read()
    seen = [await anext(reader) for _ in range(100)]
    with pytest.raises(KeyError):
        await anext(reader)
    assert seen == list(range(100))


async def test_a_reader_that_closes_closes_the_events() -> None:
    events = Events(1, 60.0)
    reader = PingedStream(events.run(), -1, INTERVAL).read()
    assert await anext(reader) == 1
    await reader.aclose()
    assert events.closed


async def test_a_failure_that_nobody_reads_is_not_reported_as_lost() -> None:
    events = Events(1, 2, KeyError())
    reader = PingedStream(events.run(), -1, INTERVAL).read()
    assert await anext(reader) == 1
    await asyncio.sleep(0.01)
    await reader.aclose()


async def test_stop_closes_the_events_of_a_reader_that_does_not_read() -> None:
    events = Events(*range(1000))
    kept = PingedStream(events.run(), -1, INTERVAL)
    reader = kept.read()
    await anext(reader)
    kept.stop()
    await until(lambda: events.closed)
    with pytest.raises(asyncio.CancelledError):
        async for _ in reader:
            pass


async def test_an_empty_generator_ends_the_reading() -> None:
    assert [number async for number in PingedStream(Events().run(), -1, INTERVAL).read()] == []
