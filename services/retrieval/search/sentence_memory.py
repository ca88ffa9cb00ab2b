"""Remembered sentences of passages: getting vectors out of an engine is slow.

A passage never changes: its new wording is a new passage with an id of its own. So nothing here can be out of date, and
what is remembered of a passage that is gone is only never asked for again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.retrieval.index.index import Rows
from services.retrieval.search.remembered import Remembered

BYTES = 48 * 1024 * 1024
"""Of vectors that are remembered: those of about 8,000 passages."""


@dataclass(frozen=True, slots=True)
class KnownSentences:
    """`words`: of each sentence.

    `vectors`: one row per sentence, halved in precision; None without an embedder.
    """

    words: tuple[frozenset[int], ...]
    vectors: NDArray[np.float16] | None

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        vectors = 0 if self.vectors is None else self.vectors.nbytes
        return vectors + 64 * len(self.words) + 40 * sum(map(len, self.words))


def remembered(words: tuple[frozenset[int], ...], vectors: Rows | None) -> KnownSentences:
    """Half the precision changes a cosine by less than 0.001, and takes half the room."""
    return KnownSentences(words, None if vectors is None else vectors.astype(np.float16, copy=False))


class SentenceMemory(Remembered[str, KnownSentences]):
    """The sentences of the passages that were last asked for, up to a number of bytes."""

    def __init__(self, maximum_bytes: int = BYTES) -> None:
        super().__init__(maximum_bytes, lambda _, sentences: sentences.size)
