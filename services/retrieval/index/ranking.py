"""Rankings of an engine, put together into candidates."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from services.retrieval.index.index import Candidates, Query, Scores, Signals

Ranking = Mapping[Any, float]
"""Scores by the engine's ids of points."""


def gather(queries: Sequence[Query], rankings: Iterable[Ranking], points: Mapping[str, Hashable]) -> Candidates:
    """The signals of all `points` (by entry id) from one ranking per signal.

    For each query, in this order: words if it has any; and, if it has a vector, passages and sentences.
    """
    ids = sorted(points)
    ordered = [points[one] for one in ids]
    waiting = iter(rankings)
    signals = []
    for query in queries:
        lexical = _column(ordered, next(waiting)) if query.words.words else np.zeros(len(ids))
        has_vector = query.vector is not None
        vector = _column(ordered, next(waiting)) if has_vector else None
        sentence = _column(ordered, next(waiting)) if has_vector else None
        signals.append(Signals(lexical, vector, sentence))
    return Candidates(tuple(ids), tuple(signals))


def nothing(queries: Sequence[Query]) -> Candidates:
    """No candidates, with empty signals."""
    return gather(queries, repeat({}), {})


def _column(points: Sequence[Hashable], ranking: Ranking) -> Scores:
    # A candidate that a ranking lacks shares no word with the query, or has no vector: both mean nothing in common.
    return np.array([ranking.get(point, 0.0) for point in points], np.float64)
