"""What a search gives: passages with the scores that ranked them."""

from dataclasses import dataclass

from services.retrieval.records import FoundPassage


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
