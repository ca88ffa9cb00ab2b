"""Candidates out of the embedded engine: the best by words and by vector."""

from collections.abc import Mapping, Sequence

import qdrant_edge as edge

from services.retrieval.index.edge.points import Points, points_of
from services.retrieval.index.edge.requests import by_sentences, by_vector, by_words, within
from services.retrieval.index.edge.words import Ask
from services.retrieval.index.index import Candidates, Query
from services.retrieval.index.ranking import gather, nothing
from services.retrieval.index.schema import SEARCHED
from services.retrieval.text.words import WordVector


def candidates(
    ask: Ask, chatbot_id: str, queries: Sequence[Query], depth: int, known: Mapping[WordVector, Points]
) -> Candidates:
    """See Index. `known`: the best passages by words, as far as they were looked for before."""
    searched = within(chatbot_id, SEARCHED)
    unknown = [query for query in queries if query.words not in known]
    found = iter(ask([*by_words(unknown, searched, searched, depth), *by_vector(queries, searched, depth)]))
    names: dict[int, str] = {}
    lexical: list[Points | None] = []
    vector: list[Points | None] = []
    for query in queries:
        words = known.get(query.words) or (points_of(next(found)) if query.words.words else None)
        names |= words.names if words else {}
        lexical.append(words)
    for query in queries:
        passages = points_of(next(found), names) if query.vector is not None else None
        names |= passages.names if passages else {}
        vector.append(passages)
    if not names:
        return nothing(queries)
    everything = [one for one in (*lexical, *vector) if one is not None]
    rankings: list[dict[int, float]] = []
    lacking: list[dict[int, float]] = []
    requests: list[edge.QueryRequest] = []
    for query, words, passages in zip(queries, lexical, vector, strict=True):
        # What a ranking tells already is not asked for again.
        if words is not None:
            rankings.append(words.scores)
            # One that is shorter than it may be has every passage with one of the words.
            if depth <= len(words.scores) < len(names):
                requests += by_words([query], _among(searched, everything, words), searched, len(names))
                lacking.append(words.scores)
        if passages is not None:
            rankings.append(passages.scores)
            if len(passages.scores) < len(names):
                requests += by_vector([query], _among(searched, everything, passages), len(names))
                lacking.append(passages.scores)
            sentences: dict[int, float] = {}
            rankings.append(sentences)
            requests += by_sentences(query, _among(searched, everything), len(names))
            lacking.append(sentences)
    for scores, more in zip(lacking, ask(requests), strict=True):
        scores |= points_of(more, names).scores
    return gather(queries, rankings, {name: number for number, name in names.items()})


def _among(searched: edge.Filter, rankings: Sequence[Points], but: Points | None = None) -> edge.Filter:
    """The points of all rankings; those that are in `but` alone may be left out."""
    ids = [one.ids for one in rankings if one is not but and one.ids is not None]
    return edge.Filter(must=[*(searched.must or []), edge.Filter(should=[*ids])])
