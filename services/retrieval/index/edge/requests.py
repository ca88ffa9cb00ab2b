"""Requests in the embedded engine's own types."""

from collections.abc import Collection, Sequence

import qdrant_edge as edge

from services.retrieval.embedders.embedder import Vector
from services.retrieval.index.index import Query
from services.retrieval.index.schema import (
    LEXICAL,
    MAKESHIFT,
    QUESTION,
    SCOPE,
    SENTENCES,
    STATES,
    VECTOR,
    VERSION,
    in_space,
    scope,
)


def within(chatbot_id: str, state: str) -> edge.Filter:
    """The entries of one chatbot in one state, to which every reading request is narrowed."""
    return edge.Filter(must=[edge.FieldCondition(SCOPE, match=edge.MatchValue(scope(chatbot_id, state)))])


def anything_of(chatbot_id: str) -> edge.FieldCondition:
    """All entries of a chatbot."""
    return edge.FieldCondition(SCOPE, match=edge.MatchAny([scope(chatbot_id, state) for state in STATES]))


def makeshift() -> edge.Filter:
    """Entries that lack a vector that they should have."""
    return edge.Filter(must=[edge.FieldCondition(MAKESHIFT, match=edge.MatchValue(MAKESHIFT))])


def without_vector(space: str) -> edge.Filter:
    """Passages and questions that have no vector of this space."""
    return edge.Filter(must_not=[edge.HasVectorCondition(in_space(VECTOR, space))])


def any_version(versions: Collection[str]) -> edge.FieldCondition:
    """Entries of any of the versions."""
    return edge.FieldCondition(VERSION, match=edge.MatchAny(sorted(versions)))


def by_words(
    queries: Sequence[Query], among: edge.Filter, corpus: edge.Filter, limit: int, *, with_vector: bool = False
) -> list[edge.QueryRequest]:
    """One request per query that has words, searched `among` points.

    Word statistics are those of `corpus`.
    """
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
        edge.QueryRequest(
            limit=limit, query=edge.Query.Nearest(query.vector.tolist(), in_space(VECTOR, query.space)), filter=among
        )
        for query in queries
        if query.vector is not None
    ]


def by_sentences(query: Query, among: edge.Filter, limit: int) -> list[edge.QueryRequest]:
    """The request for the best sentence of each passage; none for a query without a vector."""
    if query.vector is None:
        return []
    nearest = edge.Query.Nearest([query.vector.tolist()], in_space(SENTENCES, query.space))
    return [edge.QueryRequest(limit=limit, query=nearest, filter=among)]


def nearest_questions(chatbot_id: str, vector: Vector, limit: int, space: str) -> edge.QueryRequest:
    """The request for the chatbot's closest questions."""
    nearest = edge.Query.Nearest(vector.tolist(), using=in_space(VECTOR, space))
    return edge.QueryRequest(limit=limit, query=nearest, filter=within(chatbot_id, QUESTION))
