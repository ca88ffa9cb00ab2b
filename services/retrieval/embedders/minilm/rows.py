"""Texts as rows of tokens.

A passage is one row, from which its own vector and those of its sentences are made. A sentence is embedded with the
path of its passage in front of it. All sentences of a row share the path and none sees another, so that the vector of
each depends on nothing but the path and itself. The mean over all their tokens is the vector of the passage. Passages
and sentences through the model each for itself take twice the time and more; measured, that is worth one point of the
first hit on articles of an encyclopaedia and on abstracts, and none on help pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PATH_TOKENS = 128
"""Of a path that are kept, so that there is room for a sentence after it."""

ROW_TOKENS = 512
"""Of a row of sentences; the next one follows in a row of its own."""

PATH = 0
PADDING = -1


@dataclass(frozen=True, slots=True)
class Row:
    """`parts`: for each token PATH, or the number of its sentence from 1 on.

    In a text without sentences all is PATH. `places`: the position of each token; each sentence stands there as if it
    were the first after the path.
    """

    ids: Sequence[int]
    places: Sequence[int]
    parts: Sequence[int]
    sentences: int

    def __len__(self) -> int:
        return len(self.ids)


def whole_row(ids: Sequence[int]) -> Row:
    """A text of which only its own vector is wanted."""
    return Row(ids, range(len(ids)), [PATH] * len(ids), 0)


def sentence_rows(path: Sequence[int], sentences: Sequence[Sequence[int]], end: int, window: int) -> list[Row]:
    """The sentences of a passage in their order, mostly in one row.

    No token stands farther than `window`. `path` begins with the token that begins a text; `end` is the one that ends
    it.
    """
    path = path[:PATH_TOKENS]
    room = window - len(path)
    rows: list[Row] = []
    ids, places, parts, number = _begun(path)
    for sentence in sentences:
        tokens = [*sentence[: room - 1], end]
        if number and len(ids) + len(tokens) > ROW_TOKENS:
            rows.append(Row(ids, places, parts, number))
            ids, places, parts, number = _begun(path)
        number += 1
        ids += tokens
        places += range(len(path), len(path) + len(tokens))
        parts += [number] * len(tokens)
    return [*rows, Row(ids, places, parts, number)]


def inputs(rows: Sequence[Row]) -> dict[str, NDArray[Any]]:
    """What the graph takes in.

    Of each row it gives the vector of the whole first, then those of the sentences.
    """
    length = max(map(len, rows))
    ids, places = np.zeros((len(rows), length), np.int64), np.zeros((len(rows), length), np.int64)
    parts = np.full((len(rows), length), PADDING, np.int64)
    for number, row in enumerate(rows):
        end = len(row)
        ids[number, :end], places[number, :end], parts[number, :end] = row.ids, row.places, row.parts
    vectors = np.arange(1 + max(row.sentences for row in rows))[None, :, None]
    seen = parts[:, None, :]
    shares = (seen == PATH) | (seen == vectors) | ((vectors == 0) & (seen != PADDING))
    return {"input_ids": ids, "places": places, "parts": parts, "shares": shares.astype(np.float32)}


def _begun(path: Sequence[int]) -> tuple[list[int], list[int], list[int], int]:
    return list(path), list(range(len(path))), [PATH] * len(path), 0
