"""Every failure of a provider, at every token: one outcome, in time, the text so far kept."""

import asyncio
import time
from dataclasses import replace

import pytest

from services.chat.answerers.model.providers import RetryPolicy
from services.chat.answerers.model.reply import Timeouts
from services.errors import ChatmountError, Text
from tests.each import for_each
from tests.waiting import until

from .model_harness import QUICK, answered, answerer, outcome
from .scripted_provider import ScriptedProvider
from .scripted_replies import (
    DONE,
    STOP,
    Drop,
    HalfClose,
    Malformed,
    Reply,
    Silence,
    Step,
    answer,
    chunk,
    event,
    refusal,
)

TOKENS = ["Within", " 14", " days", " of", " sale."]
ONCE = RetryPolicy(attempts=1, total=5.0)

FATAL: dict[str, tuple[Step, ...]] = {
    "drop": (Drop(),),
    "half-close": (HalfClose(),),
    "malformed": (Malformed(),),
    "end": (),
    "garbage": (event("{not json"), *map(chunk, TOKENS), STOP, DONE),
    "no-chunk": (event('"x"'), STOP),
    "error-by-name": (b'event: error\ndata: {"message":"overloaded"}\n\n', DONE),
    "error": (event('{"error":{"message":"The server had an error","code":500}}'),),
    "tool-call": (chunk(finish="tool_calls", tool_calls=[{"index": 0, "function": {"name": "rm"}}]), DONE),
    "huge-event": (b"data: " + b"x" * 1_100_000, Silence()),
    "half-an-event": (chunk(" lost")[:30], HalfClose()),
    "half-a-character": (b'data: {"choices":[{"delta":{"content":"\xc3', Drop()),
}
SILENT: dict[str, tuple[Step, ...]] = {
    "silence": (Silence(),),
    "comments": tuple(step for _ in range(100) for step in (b": still here\n\n", 0.02)),
    "empty-deltas": tuple(step for _ in range(100) for step in (chunk(""), 0.02)),
}


@pytest.mark.parametrize(
    ("fault", "position"),
    [(fault, position) for fault in FATAL for position in range(len(TOKENS) + 1)]
    # Each of these takes as long as silence is borne.
    + [(fault, position) for fault in SILENT for position in (0, 1, len(TOKENS))],
)
async def test_a_fault_has_one_outcome_and_leaves_the_text_before_it(
    provider: ScriptedProvider, fault: str, position: int
) -> None:
    steps = (FATAL | SILENT)[fault]
    provider.script = Reply((*map(chunk, TOKENS[:position]), 0.01, *steps))
    began = time.monotonic()
    # Text that is there comes late on a busy machine.
    timeouts = replace(QUICK, first_token=4.5) if position else QUICK
    result = await answered(provider, policy=ONCE, timeouts=timeouts)
    assert time.monotonic() - began < 10
    assert result.text == "".join(TOKENS[:position])
    assert isinstance(result.error, ChatmountError)
    text = (
        Text.MODEL_SLOW.template
        if fault in SILENT
        else Text.ANSWER_BROKE_OFF.template
        if position
        else Text.MODEL_DOWN.template
    )
    assert (result.error.text, result.numbers) == (text, None)
    assert (result.error.retry_after or 0) >= 1


async def test_a_drop_at_any_byte_is_a_failure_or_a_whole_answer(provider: ScriptedProvider) -> None:
    whole = b"".join(map(chunk, TOKENS)) + STOP + DONE
    text = "".join(TOKENS)
    async with answerer(provider.url, policy=ONCE) as made:
        for at in range(0, len(whole), 7):
            provider.script = Reply((whole,), drop_at=at)
            result = await outcome(made)
            assert text.startswith(result.text)
            if result.error is None:
                assert (result.text, at >= whole.index(b'"stop"')) == (text, True)


@for_each("status", [408, 409, 425, 429, 500, 502, 503, 504, 505, 520, 522, 524, 525, 526, 529, 530, 599])
async def test_a_passing_refusal_is_tried_again(provider: ScriptedProvider, status: int) -> None:
    provider.requests.clear()
    assert (await answered(provider, [refusal(status), answer("Yes.")])).text == "Yes."
    assert len(provider.requests) == 2


@for_each("fault", ["drop", "half-close", "end", "garbage", "error", "tool-call"])
async def test_what_fails_before_its_first_token_is_tried_again(provider: ScriptedProvider, fault: str) -> None:
    provider.in_turn([Reply((chunk("", role="assistant"), *FATAL[fault])), answer("Yes.")])
    assert (await answered(provider)).text == "Yes."


async def test_after_the_first_token_nothing_is_tried_again(provider: ScriptedProvider) -> None:
    assert (await answered(provider, [Reply((chunk("Yes"), Drop())), answer("No.")])).text == "Yes"
    assert len(provider.requests) == 1


async def test_retry_after_is_honoured(provider: ScriptedProvider) -> None:
    assert (await answered(provider, [refusal(429, Retry_After="0.2"), answer("Yes.")])).text == "Yes."
    first, second = provider.requests
    assert second.began_at - first.began_at >= 0.2


async def test_a_retry_after_that_is_too_long_is_handed_on(provider: ScriptedProvider) -> None:
    error = (await answered(provider, refusal(429, Retry_After="17"))).refusal
    assert (error.text, error.retry_after, len(provider.requests)) == (Text.MODEL_BUSY.template, 17, 1)


async def test_the_second_provider_answers_when_the_first_does_not(provider: ScriptedProvider) -> None:
    async with answerer("http://127.0.0.1:1/v1", provider.url) as made:
        result = await outcome(made)
    assert result.text == "Within 14 days."
    assert provider.requests[0].body["model"] == "model-2"
    assert provider.requests[0].headers["authorization"] == "Bearer sk-secret-2"


async def test_a_provider_that_failed_is_asked_last_for_a_while(provider: ScriptedProvider) -> None:
    broken = ScriptedProvider(refusal(500))
    await broken.start()
    patience = RetryPolicy(attempts=2, first_wait=0.01, rest=60.0)
    async with answerer(broken.url, provider.url, policy=patience) as made:
        for _ in range(5):
            assert (await outcome(made)).text == "Within 14 days."
    assert (len(broken.requests), len(provider.requests)) == (2, 5)
    await broken.stop()


async def test_a_provider_that_does_not_even_begin_to_reply_is_slow(provider: ScriptedProvider) -> None:
    error = (await answered(provider, Reply((60.0,)), timeouts=Timeouts(first_token=0.2), policy=ONCE)).refusal
    assert error.text == Text.MODEL_SLOW.template


async def test_a_process_that_stood_still_does_not_blame_the_provider(provider: ScriptedProvider) -> None:
    provider.script = Reply((chunk("a"), 0.4, chunk(" b"), STOP, DONE))
    results = []
    # On a busy machine the provider, a thread of this process, may be silent for longer as well.
    while ("a b", None) not in results and len(results) < 10:
        provider.requests.clear()
        async with answerer(provider.url, timeouts=QUICK) as made:
            asking = asyncio.create_task(outcome(made))
            await until(lambda: provider.requests and provider.requests[0].first_token_at)
            await asyncio.sleep(0.05)
            stand_still(1.0)
            result = await asking
        results.append((result.text, result.error))
    assert ("a b", None) in results


async def test_a_process_that_stood_still_is_not_kept_waiting_by_comments(provider: ScriptedProvider) -> None:
    provider.script = Reply((chunk("a"), *(step for _ in range(200) for step in (b": on it\n\n", 0.02))))
    async with answerer(provider.url, timeouts=QUICK, policy=ONCE) as made:
        asking = asyncio.create_task(outcome(made))
        await until(lambda: provider.requests and provider.requests[0].first_token_at)
        stand_still(1.0)
        began = time.monotonic()
        result = await asking
    assert time.monotonic() - began < 10
    assert (result.text, result.error is None) == ("a", False)


def stand_still(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


async def test_an_answer_that_never_ends_is_ended(provider: ScriptedProvider) -> None:
    provider.script = Reply(tuple(step for _ in range(1000) for step in (chunk("x"), 0.02)))
    began = time.monotonic()
    async with answerer(provider.url, timeouts=Timeouts(total=0.4), policy=RetryPolicy(attempts=1, total=0.4)) as made:
        result = await outcome(made)
    assert time.monotonic() - began < 10
    assert isinstance(result.error, ChatmountError)
    # On a machine that is busy nothing of it may have come.
    assert set(result.text) <= {"x"}


async def test_a_model_that_thinks_for_long_is_waited_for(provider: ScriptedProvider) -> None:
    thoughts = [step for _ in range(10) for step in (chunk(reasoning_content="hm"), 0.07)]
    provider.script = Reply((*thoughts, chunk("Yes."), STOP, DONE))
    async with answerer(provider.url, timeouts=QUICK) as made:
        assert (await outcome(made)).text == "Yes."
