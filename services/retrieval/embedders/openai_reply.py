"""Reading what an endpoint answered, which may be anything."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import numpy as np

from services.clock import Clock
from services.retrieval.embedders.embedder import Matrix


def vectors_of(reply: Any, count: int, dimension: int | None) -> Matrix:
    """The vectors of a decoded `/embeddings` reply, in the order of the inputs, normalised.

    `dimension` is the length they must have, None for any. ValueError, which tells what is wrong, for every other reply
    than `count` finite, non-zero vectors of one length.
    """
    try:
        items = sorted(reply["data"], key=lambda item: int(item["index"]))
        places = [int(item["index"]) for item in items]
        vectors = np.array([item["embedding"] for item in items], dtype=np.float32)
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise ValueError("it holds no embeddings") from error
    if places != list(range(count)):
        raise ValueError(f"it has {len(places)} vectors for {count} texts")
    if vectors.ndim != 2 or vectors.shape[1] == 0:
        raise ValueError("it holds no embeddings")
    if dimension is not None and vectors.shape[1] != dimension:
        raise ValueError(f"its vectors have length {vectors.shape[1]}, not {dimension} as before")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(norms).all() and (norms > 0).all()):
        raise ValueError("its vectors have no direction: zero, or not finite")
    normalised: Matrix = vectors / norms
    return normalised


def retry_after(header: str | None, clock: Clock) -> float | None:
    """Seconds that a Retry-After header asks for; None without one that can be read."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return None
    # A date without a zone is Greenwich's, by the definition of HTTP dates.
    moment = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - clock())
