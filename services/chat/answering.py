"""Which answer is given: the operator's own, the fallback text, or an answerer's; and which sources it may show."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from services.chat.abstention import closeness, is_enough
from services.chat.answerers.answerer import Answerer, Citations, PastTurn, Piece, Question
from services.chat.answerers.pieces import in_pieces
from services.chat.findings import Findings, Passage, Source
from services.chat.profile import Profile
from services.chat.trace import Maker, Trace

MAXIMUM_SOURCES = 3


@dataclass(frozen=True, slots=True)
class Grounds:
    """The sources that an answer rests on, best first; the last part of every answer."""

    sources: tuple[Source, ...]


class Answering:
    """Answers questions, in this order of precedence: a pair, the fallback when nothing fits, the answerer."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    async def answer(
        self,
        message: str,
        history: tuple[PastTurn, ...],
        findings: Findings,
        profile: Profile,
        chatbot_id: str,
        trace: Trace,
        *,
        whole: bool = False,
    ) -> AsyncGenerator[Piece | Grounds, None]:
        """The answer piece by piece, then its grounds. How it comes about is written into `trace`.

        `whole`: nobody reads along while it is made.
        """
        if findings.pair is not None:
            trace.maker = Maker.PAIR
            trace.spoke()
            for piece in in_pieces(findings.pair.answer):
                yield piece
            yield Grounds(shown([findings.pair.source] if findings.pair.source else []))
            return
        spoken, cited = False, Citations(())
        sought = trace.searched_for or message
        trace.closeness, trace.threshold = closeness(findings.passages, sought), profile.abstention_threshold
        if is_enough(findings, trace.threshold, sought):
            question = Question(
                text=message,
                passages=findings.passages,
                history=history,
                instructions=profile.instructions,
                fallback=profile.fallback,
                chatbot_id=chatbot_id,
                wishes=profile.wishes,
                whole=whole,
                trace=trace,
            )
            async with aclosing(self._answerer.answer(question)) as parts:
                async for part in parts:
                    if isinstance(part, Citations):
                        cited = part
                    else:
                        if not spoken:
                            spoken = True
                            trace.spoke()
                        yield part
        if spoken:
            trace.cited = list(cited.numbers)
            yield Grounds(shown(cited_sources(findings.passages, cited)))
        else:
            trace.maker = Maker.FALLBACK
            trace.spoke()
            for piece in in_pieces(profile.fallback):
                yield piece
            yield Grounds(())


def cited_sources(passages: Sequence[Passage], cited: Citations) -> Iterator[Source]:
    """The sources of the cited passages; a number that no passage has is passed over."""
    return (passages[number - 1].source for number in cited.numbers if 1 <= number <= len(passages))


def shown(sources: Iterable[Source]) -> tuple[Source, ...]:
    """At most three sources, unique by URL, in their order."""
    unique: dict[str, Source] = {}
    for source in sources:
        if source.url:
            unique.setdefault(source.url, source)
    return tuple(unique.values())[:MAXIMUM_SOURCES]
