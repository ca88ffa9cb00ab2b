"""Points in the Qdrant client's types."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from qdrant_client import models

from services.retrieval.index.index import PassageEntry
from services.retrieval.index.point_ids import point_id
from services.retrieval.index.schema import LEXICAL, SENTENCES, VECTOR


def point_of(one: str, vectors: dict[str, Any], payload: dict[str, str]) -> models.PointStruct:
    """The point of an entry. ValueError for an id that is none of ours."""
    identity: UUID = point_id(one)
    return models.PointStruct(id=str(identity), vector=vectors, payload=payload)


def vectors_of(entry: PassageEntry) -> dict[str, Any]:
    """The vectors of a passage by name."""
    words = models.SparseVector(indices=list(entry.words.words), values=list(entry.words.weights))
    vectors: dict[str, Any] = {LEXICAL: words}
    if entry.vector is not None:
        vectors[VECTOR] = entry.vector.tolist()
    if entry.sentences is not None and len(entry.sentences):
        vectors[SENTENCES] = entry.sentences.tolist()
    return vectors


def rarity_of(word: int, points: Sequence[models.ScoredPoint], unknown: float) -> float:
    """The rarity of a word, from the best passage for it: the score is the rarity times the word's weight there."""
    if not points:
        return unknown
    vectors = points[0].vector
    weights = vectors[LEXICAL] if isinstance(vectors, dict) else None
    if not isinstance(weights, models.SparseVector):
        raise TypeError("the engine gave back a point without its words")
    return points[0].score / dict(zip(weights.indices, weights.values, strict=True))[word]
