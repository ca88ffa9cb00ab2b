"""The closeness of each sentence to the question, by which extractive answers choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from services.languages import DEFAULT
from services.retrieval.embedders.embedder import Vector
from services.retrieval.embedders.scale import AS_THEY_ARE, Scale
from services.retrieval.index.index import Query, SearchedIndex
from services.retrieval.records import FoundPassage
from services.retrieval.search.results import ScoredSentence
from services.retrieval.search.sentence_memory import KnownSentences, SentenceMemory, remembered
from services.retrieval.text.passages import heading_path
from services.retrieval.text.words import WordEncoder


@dataclass(frozen=True, slots=True)
class SoughtWords:
    """The words of one form of the question, how rare each is, and the sum of that."""

    words: tuple[int, ...]
    rarities: tuple[float, ...]
    whole: float

    def shares(self, sentences: Sequence[frozenset[int]]) -> list[float]:
        """The part of the sum that the words of each sentence make up."""
        return [
            sum(compress(self.rarities, map(present.__contains__, self.words))) / self.whole for present in sentences
        ]


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
        rarities = [tuple([rarity[word] for word in form.words.words]) for form in forms]
        return [
            SoughtWords(form.words.words, one, whole)
            for form, one in zip(forms, rarities, strict=True)
            if (whole := sum(one)) > 0
        ]

    async def scored(
        self,
        chatbot_id: str,
        forms: Sequence[Query],
        passages: Sequence[FoundPassage],
        sought: Sequence[SoughtWords],
        language: str = DEFAULT,
        scale: Scale = AS_THEY_ARE,
    ) -> list[tuple[ScoredSentence, ...]]:
        """The sentences of each passage. `sought`: see there, for the same forms."""
        if not passages:
            return []
        vector = _mean_vector(forms)
        texts = {
            one.passage.id: [one.passage.text[start:end] for start, end in one.passage.sentences] for one in passages
        }
        space = forms[0].space
        known = await self._known(chatbot_id, texts, language, space, with_vectors=vector is not None)
        scored = []
        for found, of_passage in zip(passages, texts.values(), strict=True):
            sentences = known[found.passage.id]
            present: Sequence[frozenset[int]] = sentences.words
            if vector is None or sentences.vectors is None:
                # A vector tells what stands in the path as well. Measured without vectors: 2 to 20 points more of the
                # questions that have an answer are told from others.
                path = self._encoder.words(heading_path(found.title, found.passage.headings), language)
                present = [words | path for words in present]
            cosines = _cosines(sentences, vector, len(of_passage), scale)
            scored.append(tuple(map(ScoredSentence, of_passage, cosines, _mean_shares(present, sought))))
        return scored

    async def _known(
        self, chatbot_id: str, texts: Mapping[str, Sequence[str]], language: str, space: str, *, with_vectors: bool
    ) -> dict[str, KnownSentences]:
        """The sentences of passages, by id, whose texts are these."""
        known = {}
        wanting = []
        for passage_id in texts:
            # The same sentences have other words in another language, and other vectors of another embedder.
            sentences = self._memory.get(f"{passage_id} {language} {space}")
            if sentences is None or (with_vectors and sentences.vectors is None):
                wanting.append(passage_id)
            else:
                known[passage_id] = sentences
        rows = await self._index.sentences(chatbot_id, wanting, space) if wanting and with_vectors else {}
        for passage_id in wanting:
            words = tuple([self._encoder.words(text, language) for text in texts[passage_id]])
            known[passage_id] = fresh = remembered(words, rows.get(passage_id))
            # A passage that is just being written may get its vectors yet.
            if fresh.vectors is not None or not with_vectors:
                self._memory.put(f"{passage_id} {language} {space}", fresh)
        return known


def _cosines(known: KnownSentences, vector: Vector | None, count: int, scale: Scale) -> Sequence[float | None]:
    # Without a vector for every sentence, which one belongs to which can't be told.
    if vector is None or known.vectors is None or len(known.vectors) != count:
        return [None] * count
    cosines: list[float | None] = scale.read_all(
        (known.vectors.astype(np.float32) @ vector).astype(np.float64)
    ).tolist()
    return cosines


def _mean_shares(sentences: Sequence[frozenset[int]], sought: Sequence[SoughtWords]) -> list[float]:
    shares = [one.shares(sentences) for one in sought] or [[0.0] * len(sentences)]
    return shares[0] if len(shares) == 1 else [sum(of_one) / len(shares) for of_one in zip(*shares, strict=True)]


def _mean_vector(forms: Sequence[Query]) -> Vector | None:
    """The mean vector of the forms; None where a form has no vector.

    The product with it is the mean of the cosines to all forms.
    """
    vectors = [form.vector for form in forms if form.vector is not None]
    return np.asarray(np.mean(vectors, axis=0), np.float32) if vectors and len(vectors) == len(forms) else None
