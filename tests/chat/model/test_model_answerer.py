"""The answerer against a real provider that does what it should."""

import asyncio

from services.chat.answerers.model.metrics import FIRST_TOKEN_SECONDS
from services.chat.answerers.model.model_answerer import Writing
from services.chat.answerers.model.reply import Timeouts
from services.chat.trace import Trace
from tests.each import for_each
from tests.waiting import until

from .model_harness import answered, answerer, outcome, question
from .scripted_provider import ScriptedProvider
from .scripted_replies import DONE, STOP, Reply, Silence, answer, chunk, event


async def test_an_answer_streams_without_its_marks_and_cites_what_they_named(provider: ScriptedProvider) -> None:
    provider.script = answer("Within", " 14", " days", " [", "2", "]", "[1", "]", ".", pause=0.002)
    result = await answered(provider)
    assert (result.text, result.numbers) == ("Within 14 days.", (2, 1))
    # A busy machine may read two at once.
    assert len(result.pieces) > 1


async def test_a_request_is_what_the_protocol_says(provider: ScriptedProvider) -> None:
    await answered(provider, writing=Writing(maximum_tokens=77))
    (request,) = provider.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer sk-secret-1"
    assert {name: value for name, value in request.body.items() if name != "messages"} == {
        "model": "model-1",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 77,
        "temperature": 0.0,
    }
    assert [message["role"] for message in request.body["messages"]] == ["system", "user"]


async def test_tokens_that_came_in_one_read_share_one_piece(provider: ScriptedProvider) -> None:
    provider.script = Reply((b"".join(map(chunk, ("a", " b", " c"))) + STOP + DONE,))
    assert (await answered(provider)).pieces == ["a b c"]


@for_each("end", [(STOP,), (DONE,), (STOP, DONE), (STOP, event('{"choices":[],"usage":{}}'), DONE)])
async def test_either_sign_of_the_end_is_the_end(provider: ScriptedProvider, end: tuple[bytes, ...]) -> None:
    result = await answered(provider, Reply((chunk("Yes."), *end)))
    assert (result.text, result.error) == ("Yes.", None)


async def test_connections_are_used_again(provider: ScriptedProvider) -> None:
    async with answerer(provider.url) as made:
        for _ in range(5):
            await outcome(made)
            assert provider.connections == 1


@for_each(
    ("finish", "last"),
    [
        ("length", "… [This answer was cut off at its maximum length.]"),
        ("content_filter", "… [This answer was stopped by the model's content filter.]"),
    ],
)
async def test_an_answer_that_ends_early_says_so(provider: ScriptedProvider, finish: str, last: str) -> None:
    result = await answered(provider, answer("Within 14", " days [1] and", " [", finish=finish))
    assert (result.text, result.numbers, result.error) == (f"Within 14 days and{last}", (1,), None)


async def test_an_answer_that_the_filter_lets_not_begin_says_so(provider: ScriptedProvider) -> None:
    result = await answered(provider, answer(finish="content_filter"))
    assert (result.text, result.numbers) == ("[This answer was stopped by the model's content filter.]", ())


async def test_a_model_that_does_not_stop_is_stopped(provider: ScriptedProvider) -> None:
    result = await answered(provider, Reply(tuple(chunk(" word" * 1000) for _ in range(1000))))
    assert result.text.endswith("… [This answer was cut off at its maximum length.]")
    assert len(result.text) < 110_000


@for_each(
    ("text", "numbers"),
    [
        ("Bikes may be returned within 14 days.", (1,)),
        ("The moon is made of cheese, returned within days.", ()),
        ("No.", ()),
        ("Open from nine [2].", (2,)),
    ],
)
async def test_by_setting_an_unmarked_answer_cites_the_best_passage_if_that_has_its_words(
    provider: ScriptedProvider, text: str, numbers: tuple[int, ...]
) -> None:
    assert (await answered(provider, answer(text), writing=Writing(cite_unmarked=True))).numbers == numbers
    assert (await answered(provider)).numbers == ((2,) if "[2]" in text else ())


async def test_a_made_up_link_is_taken_away_and_one_of_the_sources_stays(provider: ScriptedProvider) -> None:
    provider.script = answer("See https://shop.example/", "returns or ![x](https", "://evil.example/?d=1) [1].")
    assert (await answered(provider)).text == "See https://shop.example/returns or ![x]."


async def test_a_chatbot_may_want_another_model_temperature_and_length(provider: ScriptedProvider) -> None:
    from services.chat.answerers.answerer import ModelWishes

    wishes = ModelWishes("big", 0.5, 99)
    async with answerer(provider.url, writing=Writing(temperature=0.1)) as made:
        await outcome(made, question(wishes=wishes))
        await outcome(made)
    first, second = provider.requests
    assert (first.body["model"], first.body["temperature"], first.body["max_tokens"]) == ("big", 0.5, 99)
    assert (second.body["model"], second.body["temperature"]) == ("model-1", 0.1)


def first_tokens() -> float:
    (metric,) = FIRST_TOKEN_SECONDS.collect()
    return next(sample.value for sample in metric.samples if sample.name.endswith("_count"))


@for_each("whole", [False, True])
@for_each("first", [chunk("Within"), chunk(reasoning_content="Hm"), chunk("<think>")])
async def test_the_first_token_is_the_first_that_is_read_whether_or_not_it_is_said(
    provider: ScriptedProvider, whole: bool, first: bytes
) -> None:
    provider.script = Reply((first, Silence()))
    trace, before = Trace(), first_tokens()
    async with answerer(provider.url, timeouts=Timeouts()) as made:
        asking = asyncio.create_task(outcome(made, question(whole=whole, trace=trace)))
        await until(lambda: trace.first_token_ms is not None)
        assert (first_tokens() - before, asking.done()) == (1, False)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
