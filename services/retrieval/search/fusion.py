"""Several signals, one order: distribution-based score fusion (DBSF)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.retrieval.index.index import Candidates, Scores

_SPREAD = 3.0  # standard deviations on both sides of the mean that are mapped to 0…1


@dataclass(frozen=True, slots=True)
class Fused:
    """The scores of candidates, parallel to them, and their signals averaged over queries."""

    score: Scores
    lexical: Scores
    vector: Scores | None
    sentence: Scores | None


def fuse(candidates: Candidates) -> Fused:
    """Average each signal over the queries, scale the signals, and add them up.

    Keyword scores of different queries are not comparable (longer queries score higher), so for the order each counts
    by its share of its query's best. A passage without any of the words gets nothing from that signal.
    """
    signals = candidates.signals
    lexical = _mean([one.lexical for one in signals])
    score = _scaled(_mean([_relative(one.lexical) for one in signals]), only_positive=True)
    vector = _mean_of_present([one.vector for one in signals])
    sentence = _mean_of_present([one.sentence for one in signals])
    for signal in (vector, sentence):
        if signal is not None:
            score = score + _scaled(signal)
    return Fused(score, lexical, vector, sentence)


def ranked(fused: Fused) -> list[int]:
    """Places of the candidates, best first; equal scores in the order of their ids."""
    # They stand in the order of their ids.
    order: list[int] = np.argsort(-fused.score, kind="stable").tolist()
    return order


def _scaled(values: Scores, *, only_positive: bool = False) -> Scores:
    if not only_positive:
        return _spread(values)
    chosen = values > 0
    scaled = np.zeros(len(values))
    scaled[chosen] = _spread(values[chosen])
    return scaled


def _spread(values: Scores) -> Scores:
    if not len(values):
        return values
    from_mean = values - values.sum() / len(values)
    deviation = math.sqrt(float(from_mean @ from_mean) / (len(values) - 1)) if len(values) > 1 else 0.0
    return np.full(len(values), 0.5) if deviation == 0.0 else from_mean / (2 * _SPREAD * deviation) + 0.5


def _relative(values: Scores) -> Scores:
    best = values.max(initial=0.0)
    return values / best if best > 0 else values


def _mean(values: Sequence[Scores]) -> Scores:
    # Most questions have one form.
    return values[0] if len(values) == 1 else np.asarray(np.mean(values, axis=0), np.float64)


def _mean_of_present(values: Sequence[Scores | None]) -> Scores | None:
    present = [one for one in values if one is not None]
    return _mean(present) if present else None
