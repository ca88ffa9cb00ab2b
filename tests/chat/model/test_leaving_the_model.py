"""Who leaves takes the provider's work with them, and who reads slowly holds it back."""

import asyncio
import time
from contextlib import aclosing, suppress

import psutil
import pytest

from services.chat.answerers.answerer import Piece
from tests.promptness import was_once_within
from tests.waiting import until

from .model_harness import QUESTION, answerer, outcome
from .scripted_provider import ScriptedProvider
from .scripted_replies import Reply, Silence, chunk


async def seconds_to_close(provider: ScriptedProvider, since: float) -> float:
    await until(lambda: provider.requests[-1].closed_at)
    return (provider.requests[-1].closed_at or 0) - since


async def closed_promptly(provider: ScriptedProvider, since: float) -> None:
    assert await seconds_to_close(provider, since) < 10


@pytest.mark.parametrize("tokens", [0, 1, 5])
async def test_a_cancelled_answer_closes_the_providers_connection(provider: ScriptedProvider, tokens: int) -> None:
    provider.script = Reply((*[step for _ in range(tokens) for step in (chunk(" word"), 0.005)], Silence()))
    read = 0
    async with answerer(provider.url) as made:

        async def reading() -> None:
            nonlocal read
            async with aclosing(made.answer(QUESTION)) as parts:
                async for part in parts:
                    assert isinstance(part, Piece)
                    read += part.text.count("word")

        task = asyncio.create_task(reading())
        await until(lambda: read == tokens and provider.requests)
        since = time.monotonic()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await closed_promptly(provider, since)


async def test_an_answer_that_is_closed_closes_the_providers_connection(provider: ScriptedProvider) -> None:
    provider.script = Reply((chunk("Yes"), Silence()))
    async with answerer(provider.url) as made:

        async def seconds() -> float:
            parts = made.answer(QUESTION)
            assert await anext(parts) == Piece("Yes")
            since = time.monotonic()
            await parts.aclose()
            return await seconds_to_close(provider, since)

        await was_once_within(0.5, seconds)


async def test_a_reader_that_stands_still_holds_the_provider_back(provider: ScriptedProvider) -> None:
    provider.script = Reply(tuple(chunk(" " + "x" * 10_000) for _ in range(5000)))
    before = psutil.Process().memory_info().rss
    async with answerer(provider.url) as made, aclosing(made.answer(QUESTION)) as parts:
        await anext(parts)
        written = -1
        while provider.requests[0].written > written:
            written = provider.requests[0].written
            await asyncio.sleep(0.1)
        # What fits in the buffers of two sockets and of the client.
        assert written < 20_000_000
        assert psutil.Process().memory_info().rss - before < 20_000_000


async def test_many_that_leave_leave_nothing_behind(provider: ScriptedProvider) -> None:
    provider.script = Reply((chunk("a"), 0.01, chunk(" b"), Silence()))
    async with answerer(provider.url) as made:
        for number in range(10):
            tasks = [asyncio.create_task(outcome(made)) for _ in range(20)]
            await asyncio.sleep(0.004 * number)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: not provider.open_requests and not provider.connections)
        assert made._admission.in_flight == 0
