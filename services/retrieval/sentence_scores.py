"""How close each sentence of a passage is to the question: what an extractive answer chooses by."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from services.retrieval.embedders.embedder import Matrix
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
        has_vectors = all(form.vector is not None for form in forms)
        rows = await self._index.sentences(chatbot_id, ids) if has_vectors else {}
        return [self._with_sentences(passage, forms, rarity, rows) for passage in passages]

    def _with_sentences(
        self,
        ranked: RankedPassage,
        forms: Sequence[Query],
        rarity: Mapping[int, float],
        rows: Mapping[str, Matrix],
    ) -> RankedPassage:
        passage = ranked.found.passage
        texts = [passage.text[start:end] for start, end in passage.sentences]
        cosines = _cosines(rows.get(passage.id), forms, len(texts))
        sentences = tuple(
            ScoredSentence(text, cosine, self._share(text, forms, rarity))
            for text, cosine in zip(texts, cosines, strict=True)
        )
        return replace(ranked, sentences=sentences)

    def _share(self, text: str, forms: Sequence[Query], rarity: Mapping[int, float]) -> float:
        present = set(self._encoder.query(text).words)
        shares = []
        for form in forms:
            whole = sum(rarity[word] for word in form.words.words)
            if whole > 0:
                shares.append(sum(rarity[word] for word in form.words.words if word in present) / whole)
        return sum(shares) / len(shares) if shares else 0.0


def _cosines(rows: Matrix | None, forms: Sequence[Query], expected: int) -> list[float | None]:
    vectors = [form.vector for form in forms if form.vector is not None]
    if rows is None or len(rows) != expected or len(vectors) != len(forms):
        return [None] * expected
    cosines: list[float | None] = (rows @ np.mean(vectors, axis=0)).tolist()
    return cosines
