"""What is learnt from refusals: what proves true, for an hour, nothing from visitors' words."""

import json
from collections.abc import Callable

import pytest

from services.chat.answerers.model.dialect import LEARNT_SECONDS
from services.chat.answerers.model.model_answerer import Writing
from services.chat.answerers.model.request import ModelRequest
from services.chat.passages import Passage, Source
from tests.each import for_each
from tests.turned_clock import TurnedClock

from ..conftest import NOW
from .model_harness import answerer, outcome, question
from .scripted_provider import ScriptedProvider
from .scripted_replies import Recorded, Reply, answer, refusal

PAGES = tuple(Passage(Source(f"https://a.example/{n}", "T"), f"{n} word " * 250, 1.0) for n in range(1, 9))
LONG = question(passages=PAGES)
WORDS = (
    "context length 900? temperature, stream_options, max_completion_tokens. System message not supported; "
    "reduce the length"
)
ITEM = {"type": "string_type", "loc": ["body", "messages"], "msg": "Input should be a valid list", "input": WORDS}


def json_reply(status: int, body: object) -> Reply:
    return Reply((json.dumps(body).encode(),), status, (("Content-Type", "application/json"),))


@pytest.mark.parametrize(
    "reply",
    [
        json_reply(422, {"detail": [ITEM]}),
        json_reply(400, {"object": "error", "message": f"[{ITEM}]", "code": 400}),
        json_reply(400, {"error": {"message": json.dumps([ITEM]), "code": 400}}),
        json_reply(400, {"error": {"message": "Bad request", "code": 400}, "body": {"messages": [WORDS]}}),
        json_reply(
            400, {"message": f"1 validation error\n  Bad value [type=x, input_value={WORDS!r}, input_type=str]"}
        ),
        Reply((f"<p>Bad Request: {WORDS}</p>".encode(),), 400),
    ],
)
async def test_what_a_refusal_repeats_of_a_question_changes_no_request(
    provider: ScriptedProvider, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    provider.in_turn([reply, answer("Yes.")])
    async with answerer(provider.url) as made:
        assert (await outcome(made, LONG)).error is not None
        assert len(provider.requests) == 1
        assert (await outcome(made, LONG)).text == "Yes."
    first, second = provider.requests
    assert first.body == second.body
    assert caplog.messages[0].endswith("; see CHATMOUNT_LLM_MODEL")


async def test_what_does_not_help_is_not_learnt(provider: ScriptedProvider) -> None:
    provider.in_turn([refusal(400, "The temperature in the question is odd.")] * 2 + [answer("Yes.")])
    async with answerer(provider.url) as made:
        assert (await outcome(made)).error is not None
        assert (await outcome(made)).text == "Yes."
    assert ["temperature" in request.body for request in provider.requests] == [True, False, True]


def without(word: str) -> Callable[[Recorded], Reply]:
    def script(request: Recorded) -> Reply:
        return refusal(400, f"{word} is not supported") if word in request.body else answer("Yes.")

    return script


async def test_what_was_learnt_is_held_for_an_hour(provider: ScriptedProvider) -> None:
    provider.script = without("temperature")
    clock = TurnedClock(NOW)
    async with answerer(provider.url, clock=clock) as made:
        for seconds in (0.0, LEARNT_SECONDS - 1.0, 1.0):
            clock.now += seconds
            assert (await outcome(made)).text == "Yes."
    assert ["temperature" in request.body for request in provider.requests] == [True, False, False, True, False]


def taking(tokens: int) -> Callable[[Recorded], Reply]:
    """A model that takes prompts and answers of so many tokens; four characters each."""

    def script(request: Recorded) -> Reply:
        needed = len(request.prompt) // 4 + request.body["max_tokens"]
        return refusal(400, f"context length is {tokens} tokens") if needed > tokens else answer("Yes.")

    return script


async def test_a_limit_is_held_for_an_hour(provider: ScriptedProvider) -> None:
    provider.script = taking(3072)
    clock, calls = TurnedClock(NOW), []
    async with answerer(provider.url, writing=Writing(maximum_tokens=512), budget=6000, clock=clock) as made:
        for seconds in (0.0, LEARNT_SECONDS - 1.0, 1.0):
            clock.now += seconds
            assert (await outcome(made, LONG)).text == "Yes."
            calls.append(len(provider.requests))
    assert calls == [2, 3, 5]


@for_each("limit", [0, 1, 9, 511, 1_000_000])
async def test_a_number_that_can_be_no_limit_is_none(provider: ScriptedProvider, limit: int) -> None:
    provider.requests.clear()
    provider.in_turn([refusal(400, f"context length is {limit:03}"), answer("Yes.")])
    async with answerer(provider.url) as made:
        for _ in range(2):
            assert (await outcome(made, LONG)).text == "Yes."
    assert [request.body["max_tokens"] for request in provider.requests] == [1024] * 3
    assert provider.requests[2].prompt == provider.requests[0].prompt


async def test_a_limit_with_which_the_prompt_is_refused_again_is_not_learnt(provider: ScriptedProvider) -> None:
    provider.in_turn([refusal(400, "context length is 2000")] * 2 + [answer("Yes.")])
    async with answerer(provider.url) as made:
        assert (await outcome(made, LONG)).error is not None
        assert (await outcome(made, LONG)).text == "Yes."
    assert provider.requests[2].body == provider.requests[0].body


@for_each("limit", [None, 0, 1, 2, 512, 513])
def test_a_shorter_request_asks_for_an_answer(limit: int | None) -> None:
    request = ModelRequest((), 400, fit=lambda room: (), room=1000).shorter(limit)
    assert request is not None
    assert request.maximum_tokens >= 1
    assert 1 <= request.room < 1000
