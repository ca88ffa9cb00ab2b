"""Text that comes in quick succession leaves in few pieces, and none of it later than it must."""

import asyncio
from contextlib import AsyncExitStack, aclosing

import pytest

from services.chat.answerers.answerer import Piece
from services.chat.answerers.model import model_answerer, reply_bytes
from services.chat.answerers.model.admission import Admission
from services.chat.answerers.model.model_answerer import CROWD
from services.chat.answerers.model.providers import RetryPolicy
from services.chat.answerers.model.request import GATHERING_SECONDS
from tests.each import for_each
from tests.waiting import until

from .model_harness import QUESTION, answerer, outcome
from .scripted_provider import ScriptedProvider
from .scripted_replies import DONE, STOP, Drop, Reply, Silence, chunk


class Away:
    """In place of sleep while nothing is read: until the provider has written all."""

    def __init__(self, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reply_bytes, "sleep", self)
        self._provider = provider
        self.begun = asyncio.Event()
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.begun.set()
        request = self._provider.requests[-1]
        await until(lambda: request.finished or request.closed_at is not None)


@for_each("others, seconds", [(0, GATHERING_SECONDS), (CROWD, 8 * GATHERING_SECONDS)])
async def test_only_text_after_the_first_piece_is_gathered(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch, others: int, seconds: float
) -> None:
    monkeypatch.setattr(model_answerer, "GATHERING_IN_CROWD_SECONDS", 8 * GATHERING_SECONDS)
    admission, away = Admission(2 * CROWD), Away(provider, monkeypatch)
    tokens = (chunk(" b"), 0.01, chunk(" c"), 0.01, chunk(" d"))
    provider.script = Reply((chunk("", role="assistant"), 0.01, chunk("a"), away.begun, *tokens, STOP, DONE))
    async with AsyncExitStack() as at_work, answerer(provider.url, admission=admission) as made:
        for number in range(others):
            await at_work.enter_async_context(admission.place(f"bot_{number}"))
        parts = await at_work.enter_async_context(aclosing(made.answer(QUESTION)))
        assert [part.text async for part in parts if isinstance(part, Piece)] == ["a", " b c d"]
    (asleep,) = away.seconds
    assert abs(asleep - seconds) < reply_bytes.TICK_SECONDS


async def test_what_was_gathered_before_a_failure_comes_before_it(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away(provider, monkeypatch)
    provider.script = Reply((chunk("a"), away.begun, chunk(" b"), chunk(" c"), Drop()))
    async with answerer(provider.url, policy=RetryPolicy(attempts=1)) as made:
        result = await outcome(made)
    assert (result.text, result.error is None) == ("a b c", False)


async def test_an_answer_that_has_ended_is_not_waited_for(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away(provider, monkeypatch)
    provider.script = Reply((chunk("a", "stop"), 0.01, DONE))
    async with answerer(provider.url) as made:
        assert (await outcome(made)).text == "a"
    assert away.seconds == []


async def test_what_comes_just_before_time_is_up_is_said(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_answerer, "GATHERING_SECONDS", 3.0)
    provider.script = Reply((chunk("a"), 0.05, chunk(" b"), Silence()))
    async with answerer(provider.url, policy=RetryPolicy(attempts=1, total=3.0)) as made:
        result = await outcome(made)
    assert (result.text, result.error is None) == ("a b", False)
