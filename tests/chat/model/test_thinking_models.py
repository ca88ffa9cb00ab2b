"""Answers of models that think: streamed or whole, at first and after what was learnt."""

import pytest

from services.chat.answerers.answerer import ModelWishes

from .model_harness import answered, answerer, outcome, question
from .scripted_provider import ScriptedProvider
from .scripted_replies import DONE, STOP, Reply, answer, chunk, completion

UNSEEN = "Hm, the page says 14.\n</think>\n\nWithin 14 days [1]."


async def test_the_second_stream_of_an_endpoint_shows_no_thought_nor_does_any_unary_answer(
    provider: ScriptedProvider,
) -> None:
    provider.script = answer(*(UNSEEN[start : start + 3] for start in range(0, len(UNSEEN), 3)))
    assert (await answered(provider, asked=question(whole=True))).text == "Within 14 days."
    async with answerer(provider.url) as made:
        first, second = await outcome(made), await outcome(made)
        assert first.text == "Hm, the page says 14.\n\n\nWithin 14 days."
        assert (second.text, second.numbers) == ("Within 14 days.", (1,))
        # Another model of the same endpoint is not known to do so.
        provider.script = answer("Within", " 14 days.", pause=0.05)
        assert len((await outcome(made, question(wishes=ModelWishes("other")))).pieces) == 2
        assert len((await outcome(made)).pieces) == 1
        assert len((await outcome(made)).pieces) == 2


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (Reply((chunk(reasoning_content="Hm"), chunk(finish="length"), DONE)), "[This answer was cut off at its"),
        (answer("<think>Hm", finish="length"), "[This answer was cut off at its"),
        (answer("<think>Hm", ", hm", finish="length"), "[This answer was cut off at its"),
        (completion("<think>Hm", finish="length"), "[This answer was cut off at its"),
        (Reply((chunk(reasoning_content="Hm"), STOP, DONE)), ""),
        (answer("<think>Hm</think>"), ""),
        (answer("<think>Hm</think>\n[1]\n"), ""),
    ],
)
async def test_an_answer_that_is_all_thoughts_ends_alike_in_every_form_after_one_call(
    provider: ScriptedProvider, reply: Reply, text: str
) -> None:
    provider.script = reply
    async with answerer(provider.url) as made:
        for whole in (False, True):
            result = await outcome(made, question(whole=whole))
            assert result.error is None
            assert (result.text.startswith(text), bool(result.text)) == (True, bool(text))
    assert len(provider.requests) == 2


async def test_what_fails_while_it_thinks_is_tried_again(provider: ScriptedProvider) -> None:
    provider.in_turn([Reply((chunk("<think>Hm"),)), answer("Yes.")])
    async with answerer(provider.url) as made:
        assert (await outcome(made)).text == "Yes."
