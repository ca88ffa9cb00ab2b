"""Requests in the embedded engine's own types."""

from collections.abc import Collection, Sequence

import qdrant_edge as edge

from services.retrieval.index.index import PassageEntry, Query
from services.retrieval.index.schema import LEXICAL, MAKESHIFT, SCOPE, SENTENCES, STATE, STATES, VECTOR, VERSION, scope


def vectors_of(entry: PassageEntry) -> "dict[str, edge.NamedVector]":
    """The vectors of a passage by name."""
    vectors: dict[str, edge.NamedVector] = {
        LEXICAL: edge.SparseVector(list(entry.words.words), list(entry.words.weights))
    }
    if entry.vector is not None:
        vectors[VECTOR] = entry.vector.tolist()
    if entry.sentences is not None and len(entry.sentences):
        vectors[SENTENCES] = entry.sentences.tolist()
    return vectors


def within(chatbot_id: str, state: str) -> edge.Filter:
    """What every reading request is narrowed to: one chatbot, and one state of its entries."""
    return edge.Filter(must=[edge.FieldCondition(SCOPE, match=edge.MatchValue(scope(chatbot_id, state)))])


def anything_of(chatbot_id: str) -> edge.FieldCondition:
    """All that is filed under a chatbot."""
    return edge.FieldCondition(SCOPE, match=edge.MatchAny([scope(chatbot_id, state) for state in STATES]))


def filed(chatbot_id: str, version: str, state: str, *, is_makeshift: bool = False) -> dict[str, str]:
    """The payload of an entry."""
    payload: dict[str, str] = {SCOPE: scope(chatbot_id, state), STATE: state, VERSION: version}
    return payload | ({MAKESHIFT: MAKESHIFT} if is_makeshift else {})


def makeshift() -> edge.Filter:
    """Entries that lack a vector that they should have."""
    return edge.Filter(must=[edge.FieldCondition(MAKESHIFT, match=edge.MatchValue(MAKESHIFT))])


def without_vector() -> edge.Filter:
    """Passages and questions that have no vector."""
    return edge.Filter(must_not=[edge.HasVectorCondition(VECTOR)])


def any_version(versions: Collection[str]) -> edge.FieldCondition:
    """Entries of any of the versions."""
    return edge.FieldCondition(VERSION, match=edge.MatchAny(sorted(versions)))


def by_words(
    queries: Sequence[Query], among: edge.Filter, corpus: edge.Filter, limit: int, *, with_vector: bool = False
) -> list[edge.QueryRequest]:
    """One request per query that has words. Their statistics are those of `corpus`, whatever is searched `among`."""
    statistics = edge.SearchParams(idf=edge.IdfParams(corpus=corpus))
    return [
        edge.QueryRequest(
            limit=limit,
            query=edge.Query.Nearest(edge.SparseVector(list(query.words.words), list(query.words.weights)), LEXICAL),
            filter=among,
            params=statistics,
            with_vector=[LEXICAL] if with_vector else False,
        )
        for query in queries
        if query.words.words
    ]


def by_vector(queries: Sequence[Query], among: edge.Filter, limit: int) -> list[edge.QueryRequest]:
    """One request per query that has a vector."""
    return [
        edge.QueryRequest(limit=limit, query=edge.Query.Nearest(query.vector.tolist(), VECTOR), filter=among)
        for query in queries
        if query.vector is not None
    ]


def by_sentences(query: Query, among: edge.Filter, limit: int) -> list[edge.QueryRequest]:
    """The request for the best sentence of each passage; none for a query without a vector."""
    if query.vector is None:
        return []
    nearest = edge.Query.Nearest([query.vector.tolist()], SENTENCES)
    return [edge.QueryRequest(limit=limit, query=nearest, filter=among)]


def rarity_of(word: int, points: Sequence[edge.ScoredPoint], unknown: float) -> float:
    """The rarity of a word, from the best passage for it: the score is the rarity times the word's weight there."""
    if not points:
        return unknown
    vectors = points[0].vector
    weights = vectors[LEXICAL] if isinstance(vectors, dict) else None
    if not isinstance(weights, edge.SparseVector):
        raise TypeError("the engine gave back a point without its words")
    return points[0].score / dict(zip(weights.indices, weights.values, strict=True))[word]
