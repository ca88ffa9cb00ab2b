"""Figures of ranked pages and answers, per question, 0…1; a set's figure is the mean."""

import math
import re
import unicodedata
from collections.abc import Collection, Sequence

_APART = re.compile(r"[^\w]+")
_UNSPACED = re.compile(r"([\u3005-\u3007\u3040-\u30ff\u3400-\u9fff])")
"""A character of Chinese or Japanese, where no spaces part the words."""


def hit(ranked: Sequence[str], relevant: Collection[str], depth: int) -> float:
    """1 when one of the first `depth` is relevant."""
    return float(any(one in relevant for one in ranked[:depth]))


def recall(ranked: Sequence[str], relevant: Collection[str], depth: int) -> float:
    """Share of the relevant ones among the first `depth`."""
    return sum(one in relevant for one in ranked[:depth]) / len(relevant)


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str], depth: int = 10) -> float:
    """1 / rank of the first relevant one; 0 when it is not among the first `depth`."""
    return next((1 / rank for rank, one in enumerate(ranked[:depth], 1) if one in relevant), 0.0)


def ndcg(ranked: Sequence[str], relevant: Collection[str], depth: int = 10) -> float:
    """Normalised discounted cumulative gain with binary relevance."""
    gain = sum(1 / math.log2(rank + 1) for rank, one in enumerate(ranked[:depth], 1) if one in relevant)
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(relevant), depth) + 1))
    return gain / best


def contains_answer(text: str, answers: Sequence[str]) -> float:
    """1 when the text holds one of the answers, whatever its case, accents and punctuation."""
    plain = f" {_plain(text)} "
    return float(any(f" {_plain(answer)} " in plain for answer in answers))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def refused_when_kept(answerable: Sequence[float], off_topic: Sequence[float], kept: float) -> tuple[float, float]:
    """The threshold that keeps `kept` of answerable questions, and the share it refuses."""
    threshold = percentile(answerable, 1 - kept)
    return threshold, sum(score < threshold for score in off_topic) / len(off_topic)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _APART.sub(" ", _UNSPACED.sub(r" \1 ", folded)).strip()
