"""The closeness of each sentence to the question, by which extractive answers choose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.retrieval.embedders.embedder import Vector
from services.retrieval.embedders.scale import AS_THEY_ARE, Scale
from services.retrieval.index.index import Query, SearchedIndex
from services.retrieval.records import Passage
from services.retrieval.search.results import RankedPassage, ScoredSentence
from services.retrieval.search.sentence_memory import KnownSentences, SentenceMemory, remembered
from services.retrieval.text.languages import DEFAULT
from services.retrieval.text.passages import heading_path
from services.retrieval.text.words import WordEncoder


@dataclass(frozen=True, slots=True)
class SoughtWords:
    """The words of one form of the question, how rare each is, and the sum of that."""

    rarities: tuple[tuple[int, float], ...]
    whole: float

    def share(self, present: frozenset[int]) -> float:
        """The part of the sum that these words make up."""
        return sum([rarity for word, rarity in self.rarities if word in present]) / self.whole


class SentenceScorer:
    """Scores sentences by the vectors that the index holds and the words they have."""

    def __init__(self, index: SearchedIndex, encoder: WordEncoder) -> None:
        self._index = index
        self._encoder = encoder
        self._memory = SentenceMemory()

    async def sought(self, chatbot_id: str, forms: Sequence[Query]) -> list[SoughtWords]:
        """The words that are looked for in sentences; they do not depend on the passages."""
        words = sorted({word for form in forms for word in form.words.words})
        rarity = dict(zip(words, await self._index.rarity(chatbot_id, words), strict=True))
        of_forms = [tuple((word, rarity[word]) for word in form.words.words) for form in forms]
        sums = [sum(value for _, value in one) for one in of_forms]
        return [SoughtWords(one, whole) for one, whole in zip(of_forms, sums, strict=True) if whole > 0]

    async def scored(
        self,
        chatbot_id: str,
        forms: Sequence[Query],
        passages: Sequence[RankedPassage],
        sought: Sequence[SoughtWords],
        language: str = DEFAULT,
        scale: Scale = AS_THEY_ARE,
    ) -> list[RankedPassage]:
        """The passages with their sentences. `sought`: see there, for the same forms."""
        if not passages:
            return []
        vector = _mean_vector(forms)
        whole = [one.found.passage for one in passages]
        known = await self._known(chatbot_id, whole, language, with_vectors=vector is not None)
        scored = []
        for ranked, sentences in zip(passages, known, strict=True):
            texts = _texts(ranked.found.passage)
            cosines = _cosines(sentences, vector, len(texts), scale)
            shares = [_mean_share(words, sought) for words in self._present(ranked, sentences, vector, language)]
            parts = zip(texts, cosines, shares, strict=True)
            scored.append(replace(ranked, sentences=tuple(ScoredSentence(*one) for one in parts)))
        return scored

    def _present(
        self, ranked: RankedPassage, known: KnownSentences, vector: Vector | None, language: str
    ) -> Sequence[frozenset[int]]:
        """The words that count as those of each sentence."""
        if known.vectors is not None and vector is not None:
            return known.words
        # A vector tells what stands in the path as well. Measured without vectors: 2 to 20 points more of the questions
        # that have an answer are told from others.
        path = self._encoder.words(heading_path(ranked.found.title, ranked.found.passage.headings), language)
        return [words | path for words in known.words]

    async def _known(
        self, chatbot_id: str, passages: Sequence[Passage], language: str, *, with_vectors: bool
    ) -> list[KnownSentences]:
        known = {passage.id: self._memory.get(_key(passage, language)) for passage in passages}
        wanting = [one for one in passages if _is_wanting(known[one.id], with_vectors=with_vectors)]
        if wanting:
            ids = [passage.id for passage in wanting]
            rows = await self._index.sentences(chatbot_id, ids) if with_vectors else {}
            for passage in wanting:
                words = tuple(self._encoder.words(text, language) for text in _texts(passage))
                fresh = remembered(words, rows.get(passage.id))
                known[passage.id] = fresh
                # A passage that is just being written may get its vectors yet.
                if fresh.vectors is not None or not with_vectors:
                    self._memory.put(_key(passage, language), fresh)
        return [sentences for passage in passages if (sentences := known[passage.id]) is not None]


def _key(passage: Passage, language: str) -> str:
    """The same sentences have other words in another language."""
    return f"{passage.id} {language}"


def _is_wanting(known: KnownSentences | None, *, with_vectors: bool) -> bool:
    return known is None or (with_vectors and known.vectors is None)


def _texts(passage: Passage) -> list[str]:
    return [passage.text[start:end] for start, end in passage.sentences]


def _cosines(known: KnownSentences, vector: Vector | None, count: int, scale: Scale) -> Sequence[float | None]:
    # Without a vector for every sentence, which one belongs to which can't be told.
    if vector is None or known.vectors is None or len(known.vectors) != count:
        return [None] * count
    return [scale.read(one) for one in (known.vectors.astype(np.float32) @ vector).tolist()]


def _mean_share(present: frozenset[int], sought: Sequence[SoughtWords]) -> float:
    return sum([one.share(present) for one in sought]) / len(sought) if sought else 0.0


def _mean_vector(forms: Sequence[Query]) -> Vector | None:
    """The mean vector of the forms; None where a form has no vector.

    The product with it is the mean of the cosines to all forms.
    """
    vectors = [form.vector for form in forms if form.vector is not None]
    return np.asarray(np.mean(vectors, axis=0), np.float32) if vectors and len(vectors) == len(forms) else None
