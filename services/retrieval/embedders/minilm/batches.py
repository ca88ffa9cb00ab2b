"""Which texts go through the model together: small batches of nearly equal length, so that little is padding."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

MAX_ROWS = 16
MAX_TOKENS = 512
"""Padded tokens of a batch. Larger batches gain nothing on a CPU (their activations leave the cache) and make a query
that arrives meanwhile wait for a processor."""


def batches(lengths: Sequence[int], rows: int = MAX_ROWS, tokens: int = MAX_TOKENS) -> Iterator[list[int]]:
    """Indices into `lengths`, each once, shortest texts first; at most `rows`, and `tokens` counted with padding.

    A text longer than `tokens` is a batch of its own.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) == rows or lengths[index] * (len(batch) + 1) > tokens):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def pad(token_ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids and mask, both of shape (rows, longest row)."""
    shape = len(token_ids), max(map(len, token_ids))
    ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, tokens in enumerate(token_ids):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return ids, mask
