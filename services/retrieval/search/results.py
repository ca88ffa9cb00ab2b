"""Results of a search: ranked passages, and the pair that the question asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.retrieval.records import FoundPassage, QaPair


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence as it stands in its passage.

    `vector`: cosine to the question; None where no embedder is at work. `lexical`: the share of the question's words,
    weighted by how rare they are among the chatbot's passages, that the sentence contains. Both are means over the
    forms of the question.
    """

    text: str
    vector: float | None
    lexical: float


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A passage of a result. Scores that were not computed are None."""

    found: FoundPassage
    fused: float
    lexical: float
    vector: float | None
    sentence: float | None
    sentences: tuple[ScoredSentence, ...] = ()


@dataclass(frozen=True, slots=True)
class QaMatch:
    """A pair that answers a question.

    `similarity` is the cosine of both questions, or 1 for equal wording.
    """

    pair: QaPair
    similarity: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Passages, the best first, and the pair that the question asks for.

    `lasts`: the same search finds the same until something changes; False where the embedder was away. `language`: the
    code of the chatbot's.
    """

    passages: Sequence[RankedPassage]
    qa_match: QaMatch | None
    lasts: bool
    language: str
