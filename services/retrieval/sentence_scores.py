"""How close each sentence of a passage is to the question: what an extractive answer chooses by."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from services.retrieval.embedders.embedder import Vector
from services.retrieval.index.index import Index, Query
from services.retrieval.results import RankedPassage, ScoredSentence
from services.retrieval.words import WordEncoder


class SentenceScorer:
    """Scores sentences by the vectors that the index holds and the words they have."""

    def __init__(self, index: Index, encoder: WordEncoder) -> None:
        self._index = index
        self._encoder = encoder

    async def scored(
        self, chatbot_id: str, forms: Sequence[Query], passages: Sequence[RankedPassage]
    ) -> list[RankedPassage]:
        """The passages with their sentences."""
        if not passages:
            return []
        words = sorted({word for form in forms for word in form.words.words})
        rarity = dict(zip(words, await self._index.rarity(chatbot_id, words), strict=True))
        ids = [passage.found.passage.id for passage in passages]
        vector = _mean_vector(forms)
        cosines: dict[str, list[float]] = {}
        if vector is not None:
            rows = await self._index.sentences(chatbot_id, ids)
            cosines = {one: (matrix @ vector).tolist() for one, matrix in rows.items()}
        return [self._with_sentences(passage, forms, rarity, cosines) for passage in passages]

    def _with_sentences(
        self,
        ranked: RankedPassage,
        forms: Sequence[Query],
        rarity: Mapping[int, float],
        cosines: Mapping[str, list[float]],
    ) -> RankedPassage:
        passage = ranked.found.passage
        texts = [passage.text[start:end] for start, end in passage.sentences]
        known = cosines.get(passage.id, [])
        # Without a vector for every sentence, which one belongs to which can't be told.
        paired = zip(texts, known if len(known) == len(texts) else [None] * len(texts), strict=True)
        sentences = tuple(ScoredSentence(text, cosine, self._share(text, forms, rarity)) for text, cosine in paired)
        return replace(ranked, sentences=sentences)

    def _share(self, text: str, forms: Sequence[Query], rarity: Mapping[int, float]) -> float:
        present = set(self._encoder.query(text).words)
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
