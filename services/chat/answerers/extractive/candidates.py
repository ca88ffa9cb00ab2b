"""What could be said for an answer, and which two or three of it are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.chat.answerers.extractive.excerpt import Excerpt
from services.chat.answerers.extractive.layout import UnitKind
from services.chat.answerers.extractive.subjects import lacks_subject
from services.chat.answerers.words import count_words, words_of

CASE_WEIGHT = 0.3
# A further sentence that is much worse than the best adds words, not answers; one of the same passage likely goes on
# where the best one stops, and more likely if one of the two is not understood without the other.
SECOND_SHARE = 0.7
SAME_PASSAGE_BONUS = 0.1
LEANING_BONUS = 0.2
SECOND_WORDS = 5
MOST_BETWEEN = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that could be said, with its score.

    `leaning`: the part of the score that comes from the sentence before, 0 where a sentence stands on its own.

    `unit` and `block`: which sentence of its passage it is, in which block; `opens`: it is the first one there.
    `fits`: whether it speaks of the amount that the question names; see conditions.fits.
    """

    score: float
    leaning: float
    unit: int
    block: int
    opens: bool
    part: Excerpt
    text: str
    fits: int = 0


def of_the_case(found: list[Candidate]) -> list[Candidate]:
    """Leave out sentences that speak of other amounts, where one speaks of the question's own."""
    if not any(candidate.fits > 0 for candidate in found):
        return found
    return [
        replace(candidate, score=candidate.score + CASE_WEIGHT * candidate.fits)
        for candidate in found
        if candidate.fits >= 0
    ]


def chosen(candidates: Sequence[Candidate], shares: Sequence[float], *, with_subject: bool) -> list[Candidate]:
    """The best candidate, and further ones that are nearly as good and say something else.

    A command or list stands alone. `shares`: of the best score, what the second one must have, and the third.
    `with_subject`: the second one is that before the best, where the best does not name what it speaks of.
    """
    if not candidates:
        return []
    best = candidates[0]
    if best.part.kind is UnitKind.BLOCK:
        return [best]
    if with_subject and best.part.kind is UnitKind.PROSE and lacks_subject(best.text):
        before = next((one for one in candidates if _goes_before(one, best)), None)
        if before is not None:
            return [best, before]

    def fitness(other: Candidate) -> float:
        if other.part.passage != best.part.passage:
            return other.score - other.leaning
        later = best if best.unit > other.unit else other
        if abs(best.unit - other.unit) == 1:
            return other.score + SAME_PASSAGE_BONUS + LEANING_BONUS * (later.leaning > 0)
        # What it leans on would not be said.
        return other.score - other.leaning + SAME_PASSAGE_BONUS

    said = [best]
    for share in shares:
        words = [frozenset(words_of(one.text)) for one in said]
        others = [
            other
            for other in candidates[1:]
            if fitness(other) >= share * best.score
            and count_words(other.text) >= SECOND_WORDS
            and other.part.kind is not UnitKind.ASSENT
            and not any(other.part.touches(one.part) for one in said)
            and not any(_same(one, frozenset(words_of(other.text))) for one in words)
        ]
        if others:
            # Of equals the first: `max` keeps the order of the candidates.
            said.append(max(others, key=fitness))
    return said


def between(best: Sequence[Candidate], candidates: Sequence[Candidate]) -> list[Candidate]:
    """The sentences between the first two of `best`, of one passage, in order.

    A small gap often holds what the first of them leads to, and what the second goes on from. None where the gap is
    larger, or holds what can't be said.
    """
    if len(best) < 2 or best[0].part.passage != best[1].part.passage:
        return []
    first, last = sorted(one.unit for one in best[:2])
    found = [one for one in candidates if one.part.passage == best[0].part.passage and first < one.unit < last]
    if not len(found) == last - first - 1 <= MOST_BETWEEN or any(one.part.kind is UnitKind.BLOCK for one in found):
        return []
    return _apart(sorted(found, key=lambda candidate: candidate.unit), best)


def behind(best: Sequence[Candidate], candidates: Sequence[Candidate]) -> list[Candidate]:
    """The sentences that follow the best ones in their paragraphs and are nearly as good."""
    places = {(one.part.passage, one.block, one.unit + 1) for one in best if one.part.kind is UnitKind.PROSE}
    found = [
        one
        for one in candidates
        if (one.part.passage, one.block, one.unit) in places
        and one.part.kind is UnitKind.PROSE
        and one.score >= SECOND_SHARE * best[0].score
        and count_words(one.text) >= SECOND_WORDS
    ]
    return _apart(found, best)


def _apart(found: Sequence[Candidate], best: Sequence[Candidate]) -> list[Candidate]:
    """Those of which nothing is said already."""
    kept: list[Candidate] = []
    for one in found:
        if not any(one.part.touches(other.part) for other in (*best, *kept)):
            kept.append(one)
    return kept


def _goes_before(one: Candidate, other: Candidate) -> bool:
    """Whether a sentence is the one before another, in one paragraph."""
    is_next = one.part.passage == other.part.passage and one.unit == other.unit - 1 and one.block == other.block
    return is_next and one.part.kind is UnitKind.PROSE


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether one of the two adds next to nothing to the other."""
    smaller = min(len(one), len(other))
    return smaller == 0 or len(one & other) / smaller >= 0.9
