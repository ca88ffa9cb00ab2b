"""What operators are told of requests that a model answered."""

import json
from collections.abc import AsyncIterator

import pytest

from .chat_harness import Chat
from .conftest import Serving
from .model.model_harness import answerer as model_answerer
from .model.scripted_provider import ScriptedProvider, scripted_provider
from .model.scripted_replies import DONE, STOP, Drop, Reply, chunk, event, refusal
from .told_traces import R1, trace, until_known


@pytest.fixture
async def provider() -> AsyncIterator[ScriptedProvider]:
    async with scripted_provider() as provider:
        yield provider


@pytest.fixture
async def modelled(serving: Serving, provider: ScriptedProvider) -> AsyncIterator[Chat]:
    """Chat whose answers a model writes; the first provider always refuses."""
    async with (
        scripted_provider(refusal(401)) as refusing,
        model_answerer(refusing.url, provider.url) as made,
        serving(made) as chat,
    ):
        yield chat


async def test_a_models_turn_names_prompt_model_provider_and_tokens(modelled: Chat, provider: ScriptedProvider) -> None:
    cost = event('{"choices":[],"usage":{"prompt_tokens":321,"completion_tokens":7}}')
    provider.script = Reply((chunk("A week"), chunk(" [1]."), chunk(finish="length"), cost, DONE))
    await modelled.ask("one", session_id="s")
    await modelled.ask("Two, please?", session_id="s", headers=R1)
    known = await trace(modelled)
    details = known["trace"]
    assert known["turn"]["answer"].startswith("A week")
    expected = {
        "maker": "ANSWER_MAKER_MODEL",
        "model": "model-2",
        "provider": provider.url.removesuffix("/v1"),
        "is_fallback_provider": True,
        "tries": 2,
        "finish": "length",
        "prompt_tokens": 321,
        "answer_tokens": 7,
        "history_turns": 1,
    }
    assert {name: details[name] for name in expected} == expected
    assert details["prompt_version"]
    assert details["passages"][0]["told"]


@pytest.mark.parametrize("every", [None, 7])
@pytest.mark.parametrize("last", [b": on it\n\n", event("{"), event('{"error":{"message":"late"}}')], ids=str)
async def test_what_follows_the_end_is_read_for_its_tokens_alone(
    modelled: Chat, provider: ScriptedProvider, every: int | None, last: bytes
) -> None:
    cost = event('{"choices":[],"usage":{"prompt_tokens":321,"completion_tokens":7}}')
    provider.script = Reply((chunk("A week [1]."), STOP, last, cost, DONE), every=every)
    assert (await modelled.ask(headers=R1)).message == "A week."
    details = (await trace(modelled))["trace"]
    assert details["finish"] == "whole"
    assert (details["prompt_tokens"], details["answer_tokens"]) == (321, 7)


async def test_an_answer_in_one_piece_tells_its_tokens_too(modelled: Chat, provider: ScriptedProvider) -> None:
    body = {"choices": [{"message": {"content": "A week [1]."}}], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    provider.script = Reply((json.dumps(body).encode(),), headers=(("Content-Type", "application/json"),))
    await modelled.ask(headers=R1)
    details = (await trace(modelled))["trace"]
    assert (details["prompt_tokens"], details["answer_tokens"]) == (3, 4)


async def test_what_broke_off_is_a_turn_with_its_reason(modelled: Chat, provider: ScriptedProvider) -> None:
    provider.script = Reply((chunk("A week"), 0.05, Drop()))
    await modelled.events(headers=R1, session_id="s")
    known = await until_known(modelled)
    assert (known["turn"]["answer"], known["turn"]["broken_off"]) == ("A week", True)
    assert (known["trace"]["error"], known["trace"]["credits_used"]) == ("unavailable", 1)
