"""Points that the embedded engine found, in the forms in which a search goes on with them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import qdrant_edge as edge

from services.retrieval.index.point_ids import entry_of


@dataclass(frozen=True, slots=True)
class Points:
    """A ranking: `scores` by the numbers of points.

    `names` are the entry ids of the points that are new, `ids` the same for a filter: None when there are none.
    """

    scores: dict[int, float]
    names: dict[int, str]
    ids: edge.HasIdCondition | None


def points_of(found: Sequence[edge.ScoredPoint], known: Collection[int] = ()) -> Points:
    """The ranking of points that were found. `known`: numbers of points that are not new.

    Numbers, because a UUID's hash is computed in Python. Every look at a point's id makes a UUID, and so each is looked
    at once.
    """
    scores: dict[int, float] = {}
    names: dict[int, str] = {}
    fresh = set()
    for one in found:
        point: Any = one.id
        number = point.int
        scores[number] = one.score
        if number not in known:
            names[number] = entry_of(number)
            fresh.add(point)
    return Points(scores, names, edge.HasIdCondition(fresh) if fresh else None)
