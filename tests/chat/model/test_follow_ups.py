import asyncio
import time

import pytest

from services.chat.answerers.answerer import PastTurn
from services.chat.answerers.follow_ups import needs_history
from services.chat.answerers.model import reply_bytes
from services.chat.answerers.model.admission import Admission
from services.chat.answerers.model.model_follow_ups import ModelFollowUps, is_credible
from services.chat.answerers.model.provider import Provider
from services.chat.answerers.model.providers import Providers
from services.config.model_settings import ModelEndpoint
from tests.each import for_each
from tests.waiting import PATIENCE

from .model_harness import BRISK, QUICK
from .scripted_provider import ScriptedProvider
from .scripted_replies import Reply, Silence, answer, refusal

HISTORY = (PastTurn("When is the shop open?", "From 9 to 18 on weekdays."),)


@for_each(
    "question",
    [
        "And on Sundays?",
        "Tell me more about the first one",
        "Why?",
        "What about electric bikes in winter?",
        "How much does it cost to repair?",
        "Und wie lange dauert das?",
        "Et pour les enfants de moins de six ans ?",
        "Is there anything else I should know?",
    ],
)
def test_a_question_that_leans_is_known_by_its_words(question: str) -> None:
    assert needs_history(question, HISTORY)
    assert not needs_history(question, ())


@for_each(
    "question",
    ["How long may I return a bike?", "When does the shop close on Saturdays?", "Wie kann ich ein Fahrrad mieten?"],
)
def test_a_question_that_stands_alone_is_left_alone(question: str) -> None:
    assert not needs_history(question, HISTORY)


async def rewritten(
    provider: ScriptedProvider,
    question: str = "And on Sundays?",
    admission: Admission | None = None,
    seconds: float = PATIENCE,
) -> str | None:
    providers = Providers([Provider(ModelEndpoint(provider.url, "m"), QUICK)], BRISK)
    try:
        follow_ups = ModelFollowUps(providers, admission or Admission(10), seconds=seconds)
        return await follow_ups.stand_alone(question, HISTORY, "bot_1")
    finally:
        await providers.close()


async def test_the_model_makes_a_question_stand_alone_in_one_call(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is gathered: the first word of the answer waits for this.
    monkeypatch.setattr(reply_bytes, "sleep", None)
    provider.script = answer("<think>Hm</think>\n", '"When is the shop open', ' on Sundays?"\n', pause=0.001)
    assert await rewritten(provider) == "When is the shop open on Sundays?"
    (request,) = provider.requests
    assert "From 9 to 18 on weekdays." in request.prompt
    assert request.prompt.endswith("Visitor's last question: And on Sundays?")


async def test_no_call_is_made_for_a_question_that_stands_alone(provider: ScriptedProvider) -> None:
    assert await rewritten(provider, "How long may I return a bike?") is None
    assert provider.requests == []


@pytest.mark.parametrize(
    "reply",
    [
        refusal(500),
        refusal(401),
        Reply((Silence(),)),
        answer("Sure!\nHere it is"),
        answer(""),
        answer("x" * 600),
        answer("When is", finish="length"),
        answer("<think>Sundays</think>"),
        answer("When is the shop open on Sundays [1]?"),
        answer("<question-0000>When is the shop open on Sundays?</question-0000>"),
        answer("What is the capital of France?"),
        answer("When is the shop open on Sundays, " + "and on which holidays, " * 6 + "?"),
    ],
)
async def test_whatever_goes_wrong_the_question_stays_as_it_is(provider: ScriptedProvider, reply: Reply) -> None:
    provider.script = reply
    began = time.monotonic()
    assert await rewritten(provider, seconds=0.4) is None
    assert time.monotonic() - began < 10


async def test_where_places_are_short_they_are_for_answers(provider: ScriptedProvider) -> None:
    admission = Admission(1)
    async with admission.place("bot_2"):
        assert await rewritten(provider, admission=admission) is None
    assert provider.requests == []
    provider.script = answer("Is it open on Sundays?")
    assert await asyncio.wait_for(rewritten(provider, admission=admission), PATIENCE) == "Is it open on Sundays?"


@for_each(
    ("rewritten", "question", "said", "credible"),
    [
        ("When is the shop open on Sundays?", "And on Sundays?", "From 9 to 18.", True),
        ("How much is a VPN?", "Why VPN?", "x", True),
        ("How are bikes repaired?", "And how?", "We repaired the bike.", True),
        ("星期天商店几点开门？", "星期天呢？", "x", True),
        ("您最喜欢的颜色？", "星期天呢？", "x", False),
        ("How can you have that?", "And how can you?", "What have you?", False),
        ("Within 14 days [1].", "How long? 14 days?", "x", False),
        ("x" * 100 + " sundays", "Sundays?", "x", True),
        ("x" * 109 + " sundays", "Sundays?", "x", False),
    ],
)
def test_a_rewritten_question_is_believed_if_it_may_be_that_question(
    rewritten: str, question: str, said: str, credible: bool
) -> None:
    assert is_credible(rewritten, question, (PastTurn("x", said),)) is credible
