"""When a chatbot says that it does not know."""

import pytest

from services.chat.abstention import closeness
from services.chat.answerers.extractive import ExtractiveAnswerer
from services.chat.answering import Answering, Grounds
from services.chat.findings import Findings, Passage, Sentence, Source
from services.chat.profile import Profile
from services.chat.trace import Maker, Trace


def found(*cosines: float | None, lexical: float = 0.0) -> tuple[Passage, ...]:
    source = Source("https://a", "A")
    sentence = Sentence("Parking is free for visitors.", lexical)
    return tuple(Passage(source, sentence.text, 1.0, cosine, (sentence,)) for cosine in cosines)


async def is_answered(passages: tuple[Passage, ...], threshold: float) -> bool:
    """Whether the passages are answered from; else the answer is the fallback text, without sources."""
    trace = Trace()
    profile = Profile(fallback="I do not know.", abstention_threshold=threshold)
    answering = Answering(ExtractiveAnswerer())
    parts = [
        part async for part in answering.answer("Is parking free?", (), Findings(passages), profile, "bot_1", trace)
    ]
    text = "".join(part.text for part in parts if not isinstance(part, Grounds))
    is_fallback = trace.maker is Maker.FALLBACK
    assert (text == "I do not know.") is is_fallback
    assert (parts[-1] == Grounds(())) is is_fallback
    assert (trace.closeness, trace.threshold) == (closeness(passages), threshold)
    return not is_fallback


async def test_nothing_found_is_nothing_to_answer_from() -> None:
    assert not await is_answered((), 0.0)


@pytest.mark.parametrize(
    ("cosine", "threshold", "answered"),
    [(0.45, 0.45, True), (0.449, 0.45, False), (0.4, 0.4, True), (0.3999, 0.4, False), (0.0, 0.0, True)],
)
async def test_the_best_cosine_is_held_against_the_threshold(cosine: float, threshold: float, answered: bool) -> None:
    assert await is_answered(found(-0.2, cosine), threshold) is answered


async def test_a_passage_without_cosine_does_not_hide_one_with() -> None:
    assert await is_answered(found(None, 0.6), 0.5)
    assert not await is_answered(found(None, 0.4, lexical=1.0), 0.5)


@pytest.mark.parametrize(
    ("lexical", "threshold", "answered"),
    [(0.375, 0.5, True), (0.3749, 0.5, False), (0.31, 0.4, True), (1.0, 1.0, True)],
)
async def test_without_vectors_a_share_of_words_is_held_against_it(
    lexical: float, threshold: float, answered: bool
) -> None:
    assert await is_answered(found(None, lexical=lexical), threshold) is answered
