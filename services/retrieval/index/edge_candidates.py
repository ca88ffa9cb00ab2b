"""Candidates out of the embedded engine: the best by words and the best by vector, each with every score."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import qdrant_edge as edge

from services.retrieval.index.edge_requests import by_sentences, by_vector, by_words, within
from services.retrieval.index.edge_words import Ask, Found
from services.retrieval.index.index import Candidates, Query
from services.retrieval.index.point_ids import entry_of
from services.retrieval.index.ranking import gather, nothing
from services.retrieval.index.schema import SEARCHED
from services.retrieval.words import WordVector

# By number, because a UUID's hash is computed in Python. Every look at a point's id makes a new UUID, so each is looked
# at once.
_Scores = dict[Hashable, float]
_Points = dict[int, Any]


class _Group(NamedTuple):
    first: int
    ids: edge.HasIdCondition


def candidates(
    ask: Ask, chatbot_id: str, queries: Sequence[Query], depth: int, known: Mapping[WordVector, Found]
) -> Candidates:
    """See Index. `known`: the best passages by words, as far as they were looked for before."""
    searched = within(chatbot_id, SEARCHED)
    unknown = [query for query in queries if query.words not in known]
    found = iter(ask([*by_words(unknown, searched, searched, depth), *by_vector(queries, searched, depth)]))
    points: _Points = {}
    lexical = [
        _noted(known[query.words] if query.words in known else next(found), points) if query.words.words else None
        for query in queries
    ]
    vector = [_noted(next(found), points) if query.vector is not None else None for query in queries]
    if not points:
        return nothing(queries)
    rankings: list[_Scores] = []
    lacking: list[_Scores] = []
    requests: list[edge.QueryRequest] = []
    groups = _groups([scores for scores in (*lexical, *vector) if scores is not None], points)
    everywhere = _among(searched, groups)
    for query, words, passages in zip(queries, lexical, vector, strict=True):
        # What a ranking tells already is not asked for again.
        if words is not None:
            rankings.append(words)
            if absent := [group for group in groups if group.first not in words]:
                requests += by_words([query], _among(searched, absent), searched, len(points))
                lacking.append(words)
        if passages is not None:
            rankings.append(passages)
            if absent := [group for group in groups if group.first not in passages]:
                requests += by_vector([query], _among(searched, absent), len(points))
                lacking.append(passages)
            sentences: _Scores = {}
            rankings.append(sentences)
            requests += by_sentences(query, everywhere, len(points))
            lacking.append(sentences)
    for scores, more in zip(lacking, ask(requests), strict=True):
        scores.update(_numbered(more))
    return gather(queries, rankings, {entry_of(number): number for number in points})


def _numbered(found: Found) -> Iterator[tuple[int, float]]:
    for one in found:
        point: Any = one.id
        yield point.int, one.score


def _noted(found: Found, points: _Points) -> _Scores:
    scores: _Scores = {}
    for one in found:
        point: Any = one.id
        number = point.int
        points[number] = point
        scores[number] = one.score
    return scores


def _groups(rankings: Sequence[_Scores], points: _Points) -> list[_Group]:
    """The points that stand in the same rankings, together: handing their ids to the engine costs as much as scores."""
    members: dict[tuple[bool, ...], list[int]] = {}
    for number in points:
        members.setdefault(tuple([number in scores for scores in rankings]), []).append(number)
    return [_Group(one[0], edge.HasIdCondition({points[number] for number in one})) for one in members.values()]


def _among(searched: edge.Filter, groups: Sequence[_Group]) -> edge.Filter:
    ids = [group.ids for group in groups]
    return edge.Filter(must=[*(searched.must or []), *(ids if len(ids) == 1 else [edge.Filter(should=[*ids])])])
