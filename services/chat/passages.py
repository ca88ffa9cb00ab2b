"""Passages, sources and pairs as Chat knows them: the answerers know nothing of the wire."""

from dataclasses import dataclass
from typing import NamedTuple

from services.languages import DEFAULT


# A search finds eight passages and a hundred sentences, and a frozen dataclass takes several times as long to make.
class Source(NamedTuple):
    """A page that an answer rests on, as it is shown to the user."""

    url: str
    title: str


class Sentence(NamedTuple):
    """A sentence of a passage, as it stands there.

    `lexical`: share of the question's informative words that it contains, 0 to 1.
    `vector`: cosine to the question, -1 to 1; None where no embedder is at work.
    """

    text: str
    lexical: float
    vector: float | None = None


class Passage(NamedTuple):
    """A passage that was found.

    `fused`: what the passages of one search are ordered by; means nothing beyond it.
    `cosine`: the best cosine of the question and any of its sentences, -1 to 1; None where no embedder is at work.
    `lexical` and `vector`: what else it was ranked by; None where it was not computed. `id` and `source_id` are
    Retrieval's, and for operators alone.
    """

    source: Source
    text: str
    fused: float
    cosine: float | None = None
    sentences: tuple[Sentence, ...] = ()
    headings: tuple[str, ...] = ()
    id: str = ""
    source_id: str = ""
    lexical: float | None = None
    vector: float | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """An operator's own answer to this very question.

    `source` is None when the pair cites nothing. `similarity` of the question and the pair's own: a cosine, or 1
    for equal wording.
    """

    answer: str
    source: Source | None = None
    id: str = ""
    similarity: float = 1.0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """All that one search found, the best passage first. `language`: the code of the chatbot's."""

    passages: tuple[Passage, ...] = ()
    pair: Pair | None = None
    language: str = DEFAULT
