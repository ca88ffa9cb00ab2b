"""Answers made of sentences that stand in the passages: no model, no network, nothing invented."""

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from services.chat.answerers.answerer import Citations, Piece, Question
from services.chat.answerers.excerpt import Excerpt, excerpt, joined, rendered
from services.chat.answerers.layout import lay_out
from services.chat.answerers.pieces import in_pieces
from services.chat.answerers.question_type import QuestionType, question_type
from services.chat.findings import Passage, Sentence

SENTENCES = 2
SOURCES = 3
PRIOR_WEIGHT = 0.6
TYPE_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    part: Excerpt
    text: str


class ExtractiveAnswerer:
    """The two sentences that answer best, in reading order, with the commands or lists that belong to them."""

    async def answer(self, question: Question) -> AsyncGenerator[Piece | Citations, None]:
        """Pieces are words. Says nothing when no passage has a sentence that can stand alone."""
        chosen = _chosen(_candidates(question))
        if not chosen:
            return
        in_order = sorted(chosen, key=lambda candidate: (candidate.part.passage, candidate.part.start))
        for piece in in_pieces(joined([(candidate.text, candidate.part) for candidate in in_order])):
            yield piece
        yield Citations(tuple(candidate.part.passage for candidate in chosen))


def _candidates(question: Question) -> list[_Candidate]:
    """Whatever can be said, best first."""
    kind = question_type(question.text)
    found = []
    for number, passage in _from_few_sources(question.passages):
        units = lay_out(passage.text, [sentence.text for sentence in passage.sentences])
        prior = _prior(passage, question.passages)
        for index, unit in enumerate(units):
            part = excerpt(number, units, index, is_how_to=kind.is_how_to)
            if part is not None:
                score = _score(passage.sentences[unit.sentence], prior, kind, question.text)
                found.append(_Candidate(score, part, rendered(passage.text, part)))
    # Equal scores: the better passage, then the earlier sentence.
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.part.passage, candidate.part.start))


def _from_few_sources(passages: Sequence[Passage]) -> list[tuple[int, Passage]]:
    urls = list(dict.fromkeys(passage.source.url for passage in passages))[:SOURCES]
    return [(number, passage) for number, passage in enumerate(passages, 1) if passage.source.url in urls]


def _prior(passage: Passage, passages: Sequence[Passage]) -> float:
    """How well the passage fits among those found, 0 to 1."""
    fused = [each.fused for each in passages]
    spread = max(fused) - min(fused)
    return (passage.fused - min(fused)) / spread if spread > 0 else 1.0


def _score(sentence: Sentence, prior: float, kind: QuestionType, question: str) -> float:
    answers = kind.is_answered_in(sentence.text, question)
    return sentence.lexical + (sentence.vector or 0.0) + PRIOR_WEIGHT * prior + TYPE_WEIGHT * answers


def _chosen(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The best, none of which says what another says already."""
    chosen: list[_Candidate] = []
    for candidate in candidates:
        words = _words(candidate.text)
        if any(candidate.part.touches(other.part) or _same(words, _words(other.text)) for other in chosen):
            continue
        chosen.append(candidate)
        if len(chosen) == SENTENCES:
            break
    return chosen


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether one of the two adds next to nothing to the other."""
    smaller = min(len(one), len(other))
    return smaller == 0 or len(one & other) / smaller >= 0.9
