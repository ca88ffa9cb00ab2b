"""Requests in the Qdrant client's types: the counterparts of those in `edge/`."""

from collections.abc import Collection, Sequence
from typing import Any

from qdrant_client import models

from services.retrieval.index.index import Query
from services.retrieval.index.schema import (
    LEXICAL,
    MAKESHIFT,
    SCOPE,
    SENTENCES,
    STATES,
    VECTOR,
    VERSION,
    in_space,
    scope,
)

Conditions = list[Any]
"""Conditions that all must hold, of any kind that the client has."""


def sparse(words: list[int], weights: list[float]) -> models.SparseVector:
    """The words of a text with their weights."""
    return models.SparseVector(indices=words, values=weights)


def within(chatbot_id: str, state: str) -> Conditions:
    """The entries of one chatbot in one state, to which every reading request is narrowed."""
    return [models.FieldCondition(key=SCOPE, match=models.MatchValue(value=scope(chatbot_id, state)))]


def anything_of(chatbot_id: str) -> models.FieldCondition:
    """All entries of a chatbot."""
    return models.FieldCondition(key=SCOPE, match=models.MatchAny(any=[scope(chatbot_id, state) for state in STATES]))


def makeshift() -> models.Filter:
    """Entries that lack a vector that they should have."""
    return models.Filter(must=[models.FieldCondition(key=MAKESHIFT, match=models.MatchValue(value=MAKESHIFT))])


def without_vector(space: str) -> models.Filter:
    """Passages and questions that have no vector of this space."""
    return models.Filter(must_not=[models.HasVectorCondition(has_vector=in_space(VECTOR, space))])


def any_version(versions: Collection[str]) -> models.FieldCondition:
    """Entries of any of the versions."""
    return models.FieldCondition(key=VERSION, match=models.MatchAny(any=sorted(versions)))


def by_words(
    queries: Sequence[Query], among: Conditions, corpus: Conditions, limit: int, *, with_vector: bool = False
) -> list[models.QueryRequest]:
    """One request per query that has words, searched `among` points.

    Word statistics are those of `corpus`.
    """
    statistics = models.SearchParams(idf=models.IdfCorpusParams(corpus=models.Filter(must=corpus)))
    return [
        models.QueryRequest(
            query=sparse(list(query.words.words), list(query.words.weights)),
            using=LEXICAL,
            filter=models.Filter(must=among),
            params=statistics,
            limit=limit,
            with_vector=[LEXICAL] if with_vector else False,
        )
        for query in queries
        if query.words.words
    ]


def by_vector(queries: Sequence[Query], among: Conditions, limit: int) -> list[models.QueryRequest]:
    """One request per query that has a vector."""
    return [
        models.QueryRequest(
            query=query.vector.tolist(),
            using=in_space(VECTOR, query.space),
            filter=models.Filter(must=among),
            limit=limit,
        )
        for query in queries
        if query.vector is not None
    ]


def by_sentences(query: Query, among: Conditions, limit: int) -> list[models.QueryRequest]:
    """The request for the best sentence of each passage; none for a query without a vector."""
    if query.vector is None:
        return []
    nearest: Any = [query.vector.tolist()]
    return [
        models.QueryRequest(
            query=nearest, using=in_space(SENTENCES, query.space), filter=models.Filter(must=among), limit=limit
        )
    ]
