"""How close each sentence of a passage is to the question: what an extractive answer chooses by."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from services.retrieval.embedders.embedder import Vector
from services.retrieval.index.index import Index, Query
from services.retrieval.records import Passage
from services.retrieval.results import RankedPassage, ScoredSentence
from services.retrieval.sentence_memory import KnownSentences, SentenceMemory, remembered
from services.retrieval.words import WordEncoder


class SentenceScorer:
    """Scores sentences by the vectors that the index holds and the words they have."""

    def __init__(self, index: Index, encoder: WordEncoder) -> None:
        self._index = index
        self._encoder = encoder
        self._memory = SentenceMemory()

    async def scored(
        self, chatbot_id: str, forms: Sequence[Query], passages: Sequence[RankedPassage]
    ) -> list[RankedPassage]:
        """The passages with their sentences."""
        if not passages:
            return []
        words = sorted({word for form in forms for word in form.words.words})
        rarity = dict(zip(words, await self._index.rarity(chatbot_id, words), strict=True))
        vector = _mean_vector(forms)
        known = await self._known(chatbot_id, [one.found.passage for one in passages], with_vectors=vector is not None)
        return [
            _with_sentences(ranked, sentences, vector, forms, rarity)
            for ranked, sentences in zip(passages, known, strict=True)
        ]

    async def _known(self, chatbot_id: str, passages: Sequence[Passage], *, with_vectors: bool) -> list[KnownSentences]:
        known = {passage.id: self._memory.get(passage.id) for passage in passages}
        wanting = [one for one in passages if _is_wanting(known[one.id], with_vectors=with_vectors)]
        if wanting:
            ids = [passage.id for passage in wanting]
            rows = await self._index.sentences(chatbot_id, ids) if with_vectors else {}
            for passage in wanting:
                texts = [passage.text[start:end] for start, end in passage.sentences]
                words = tuple(frozenset(self._encoder.query(text).words) for text in texts)
                fresh = remembered(words, rows.get(passage.id))
                known[passage.id] = fresh
                # A passage that is just being written may get its vectors yet.
                if fresh.vectors is not None:
                    self._memory.put(passage.id, fresh)
        return [sentences for passage in passages if (sentences := known[passage.id]) is not None]


def _is_wanting(known: KnownSentences | None, *, with_vectors: bool) -> bool:
    return known is None or (with_vectors and known.vectors is None)


def _with_sentences(
    ranked: RankedPassage,
    known: KnownSentences,
    vector: Vector | None,
    forms: Sequence[Query],
    rarity: Mapping[int, float],
) -> RankedPassage:
    passage = ranked.found.passage
    texts = [passage.text[start:end] for start, end in passage.sentences]
    cosines: Sequence[float | None] = [None] * len(texts)
    # Without a vector for every sentence, which one belongs to which can't be told.
    if vector is not None and known.vectors is not None and len(known.vectors) == len(texts):
        cosines = (known.vectors.astype(np.float32) @ vector).tolist()
    shares = [_share(words, forms, rarity) for words in known.words]
    sentences = tuple(ScoredSentence(*one) for one in zip(texts, cosines, shares, strict=True))
    return replace(ranked, sentences=sentences)


def _share(present: frozenset[int], forms: Sequence[Query], rarity: Mapping[int, float]) -> float:
    shares = []
    for form in forms:
        whole = sum(rarity[word] for word in form.words.words)
        if whole > 0:
            shares.append(sum(rarity[word] for word in form.words.words if word in present) / whole)
    return sum(shares) / len(shares) if shares else 0.0


def _mean_vector(forms: Sequence[Query]) -> Vector | None:
    """The product with it is the mean of the cosines to all forms; None where a form has no vector."""
    vectors = [form.vector for form in forms if form.vector is not None]
    return np.asarray(np.mean(vectors, axis=0), np.float32) if vectors and len(vectors) == len(forms) else None
