"""Rankings of an engine, put together into candidates: the part that is the same for every engine."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from services.retrieval.index.index import Candidates, Query, Scores, Signals

Ranking = Mapping[str, float]
"""Scores by entry id."""


def gather(queries: Sequence[Query], rankings: Sequence[Ranking], ids: Sequence[str]) -> Candidates:
    """The signals of `ids` from the rankings that `signal_kinds` ordered, query by query."""
    waiting = iter(rankings)
    signals = []
    for query in queries:
        lexical = _column(ids, next(waiting)) if query.words.words else np.zeros(len(ids))
        has_vector = query.vector is not None
        vector = _column(ids, next(waiting)) if has_vector else None
        sentence = _column(ids, next(waiting)) if has_vector else None
        signals.append(Signals(lexical, vector, sentence))
    return Candidates(tuple(ids), tuple(signals))


def union(rankings: Iterable[Iterable[str]]) -> list[str]:
    """All ids of the rankings, each once, in their order."""
    return sorted({one for ranking in rankings for one in ranking})


def _column(ids: Sequence[str], ranking: Ranking) -> Scores:
    # A candidate that a ranking lacks shares no word with the query, or has no vector: both mean nothing in common.
    return np.array([ranking.get(one, 0.0) for one in ids], np.float64)
