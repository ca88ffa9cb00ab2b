"""Matrices whose numbers take four bits: in blocks along a row, with a scale for each block."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
MIDDLE = 8
"""The number from 0 to 15 that stands for 0."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A packed matrix. `pairs`: two numbers a byte, the first in its low bits.

    `scales`: one for each BLOCK numbers of a row.

    A row belongs to an output of a product, or to a word of a table.
    """

    pairs: NDArray[np.uint8]
    scales: NDArray[np.float16]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, half = self.pairs.shape
        return rows, 2 * half


def stacked(parts: Sequence[Packed]) -> Packed:
    """The rows of all parts."""
    pairs, scales = (np.concatenate([getattr(part, name) for part in parts]) for name in ("pairs", "scales"))
    return Packed(pairs, scales)
