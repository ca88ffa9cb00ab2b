"""Prompts that are too long: asked once more with less, and the limit is learnt."""

import json

import pytest

from services.chat.answerers.model.model_answerer import Writing
from services.chat.answerers.model.refusals import read_refusal
from services.chat.passages import Passage, Source
from services.errors import Text
from tests.each import for_each

from .model_harness import answered, answerer, outcome, question
from .scripted_provider import ScriptedProvider
from .scripted_replies import Recorded, Reply, Script, answer, event, refusal

PAGES = tuple(Passage(Source(f"https://a.example/{n}", "T"), f"{n} word " * 250, 1.0) for n in range(1, 9))
LONG = question(passages=PAGES)
UNTOLD = "Please reduce the length of the messages."


def passages_in(request: Recorded) -> int:
    return request.prompt.count("</passage-")


def taking(tokens: int, message: str, status: int = 400) -> Script:
    """A model that takes prompts and answers of so many tokens; four characters each."""

    def script(request: Recorded) -> Reply:
        needed = len(request.prompt) // 4 + request.body["max_tokens"]
        return refusal(status, message) if needed > tokens else answer("Yes", " [1].")

    return script


@pytest.mark.parametrize(
    ("message", "status", "calls"),
    [
        ("This model's maximum context length is 3072 tokens. However, you requested 5000 tokens", 400, 3),
        ("the request exceeds the available context size (3,072 tokens), try increasing it", 400, 3),
        (UNTOLD, 400, 4),
        ("Payload Too Large", 413, 4),
    ],
)
async def test_a_prompt_that_is_too_long_is_sent_once_more_with_fewer_passages(
    provider: ScriptedProvider, message: str, status: int, calls: int, caplog: pytest.LogCaptureFixture
) -> None:
    provider.script = taking(3072, message, status)
    async with answerer(provider.url, writing=Writing(maximum_tokens=512), budget=6000) as made:
        for _ in range(2):
            result = await outcome(made, LONG)
            assert (result.text, result.numbers, result.error) == ("Yes.", (1,), None)
    # A limit that was told is kept to from then on.
    assert len(provider.requests) == calls
    assert passages_in(provider.requests[0]) == 8
    assert all(2 <= passages_in(request) < 8 for request in provider.requests[-1:])
    assert "see CHATMOUNT_LLM_CONTEXT_TOKENS" in caplog.messages[0]


async def test_a_limit_below_the_length_of_answers_makes_those_shorter_too(provider: ScriptedProvider) -> None:
    provider.script = taking(1500, "maximum context length is 1500 tokens")
    assert (await answered(provider, asked=LONG, writing=Writing(maximum_tokens=1024), budget=6000)).text == "Yes."
    assert provider.requests[-1].body["max_tokens"] == 750


async def test_an_error_within_the_reply_is_the_same(provider: ScriptedProvider) -> None:
    error = event(json.dumps({"error": {"code": "context_length_exceeded", "message": UNTOLD}}))
    assert (await answered(provider, [Reply((error,)), answer("Yes.")], LONG)).text == "Yes."


@pytest.mark.parametrize("whole", [False, True])
async def test_what_is_too_long_again_is_a_fault_of_the_settings(
    provider: ScriptedProvider, whole: bool, caplog: pytest.LogCaptureFixture
) -> None:
    provider.script = refusal(400, "maximum context length is 100 tokens")
    error = (await answered(provider, asked=question(passages=PAGES, whole=whole))).refusal
    assert (error.text, error.retry_after, len(provider.requests)) == (Text.MODEL_SETUP.template, 60, 2)
    assert caplog.messages[-1].endswith("; see CHATMOUNT_LLM_CONTEXT_TOKENS")


@for_each(
    ("message", "limit"),
    [
        ("This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", 8192),
        ("'max_tokens' is too large: 1024. This model's maximum context length is 2048 tokens and your request", 2048),
        ("request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it", 4096),
        ("Prompt contains 40000 tokens, too large for model with 32768 maximum context length", 32768),
        ("prompt is too long: 210000 tokens > 200000 maximum", 200000),
        ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000", 4096),
        ("The input token count (40000) exceeds the maximum number of tokens allowed (32768).", 32768),
        ("too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000", 4081),
        ("Range of input length should be [1, 6000]", 6000),
        ("The input (5000 tokens) is longer than the model's context length (4096 tokens).", 4096),
        ("Range of input length should be [1, 131,072]", 131072),
        ("The model's maximum context length is 131,072 tokens", 131072),
        ("the context length is 8k (8192 tokens)", None),
        ("request too large: the limit is 1MB", None),
        ("request too large: the limit is 1048576 bytes", None),
        ("context length 8.192", None),
        ("maximum context length is " + "9" * 5000, None),
        (UNTOLD, None),
    ],
)
def test_the_limit_is_read_where_it_is_told(message: str, limit: int | None) -> None:
    failure = read_refusal(json.dumps({"error": {"message": message}}), 400)
    assert (failure.kind.name, failure.limit) == ("TOO_LONG", limit)
