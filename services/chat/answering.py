"""The choice of an answer: a pair's, the fallback text, or an answerer's; and its sources."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from services.chat.abstention import closeness
from services.chat.answer_parts import Sources
from services.chat.answerers.answerer import Answerer, Citations, PastTurn, Piece, Question
from services.chat.answerers.pieces import in_pieces
from services.chat.own_words import fallback_in
from services.chat.passages import Pair, SearchResult, Source
from services.chat.profile import Profile
from services.chat.trace import Maker, Trace
from services.contract import MAXIMUM_SOURCES


async def answer(
    answerer: Answerer, question: Question, pair: Pair | None, threshold: float
) -> AsyncGenerator[Piece | Sources, None]:
    """The answer piece by piece, then its sources.

    The pair's where one matched, the fallback when nothing is close, else the answerer's. How it comes about is
    written into the question's trace.
    """
    trace = question.trace
    if pair is not None:
        trace.maker = Maker.PAIR
        for piece in _said(question, pair.answer):
            yield piece
        yield Sources(_shown([pair.source] if pair.source else []))
        return
    is_spoken, cited = False, Citations(())
    trace.closeness = closeness(question.passages, trace.searched_for or question.text, question.language)
    trace.threshold = threshold
    if trace.closeness >= threshold:
        async with aclosing(answerer.answer(question)) as parts:
            async for part in parts:
                if isinstance(part, Citations):
                    cited = part
                else:
                    if not is_spoken:
                        trace.speak()
                        is_spoken = True
                    yield part
    if is_spoken:
        trace.cite(cited.numbers)
        numbers = range(1, len(question.passages) + 1)
        yield Sources(_shown([question.passages[number - 1].source for number in cited.numbers if number in numbers]))
    else:
        trace.maker = Maker.FALLBACK
        for piece in _said(question, question.fallback):
            yield piece
        yield Sources(())


def question_on(
    found: SearchResult,
    text: str,
    history: tuple[PastTurn, ...],
    profile: Profile,
    chatbot_id: str,
    trace: Trace,
    *,
    whole: bool,
) -> Question:
    """The question for an answerer, with what was found for it and what its chatbot wants."""
    return Question(
        text=text,
        passages=found.passages,
        history=history,
        instructions=profile.instructions,
        fallback=fallback_in(found.language, profile.fallback),
        language=found.language,
        chatbot_id=chatbot_id,
        wishes=profile.wishes,
        whole=whole,
        trace=trace,
    )


def _shown(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Some sources, unique by URL, in their order."""
    unique: dict[str, Source] = {}
    for source in sources:
        if source.url:
            unique.setdefault(source.url, source)
    return tuple(unique.values())[:MAXIMUM_SOURCES]


def _said(question: Question, text: str) -> Iterable[Piece]:
    question.trace.speak()
    return [Piece(text)] if question.whole else in_pieces(text)
