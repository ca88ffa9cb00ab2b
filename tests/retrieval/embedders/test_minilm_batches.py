import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.retrieval.embedders.minilm.batches import MAX_ROWS, MAX_TOKENS, batches, pad


@given(st.lists(st.integers(2, 700)))
def test_every_text_is_in_one_batch_and_no_batch_is_too_large(lengths: list[int]) -> None:
    parts = list(batches(lengths))
    assert sorted(index for part in parts for index in part) == list(range(len(lengths)))
    for part in parts:
        longest = max(lengths[index] for index in part)
        assert len(part) <= MAX_ROWS
        assert len(part) == 1 or len(part) * longest <= MAX_TOKENS


def test_texts_of_like_length_go_together() -> None:
    assert list(batches([9, 2, 8, 3], rows=2)) == [[1, 3], [2, 0]]


def test_padding_is_masked() -> None:
    ids, mask = pad([[5, 6, 7], [8]])
    np.testing.assert_array_equal(ids, [[5, 6, 7], [8, 0, 0]])
    np.testing.assert_array_equal(mask, [[1, 1, 1], [1, 0, 0]])


def test_no_texts_make_no_batches() -> None:
    with pytest.raises(StopIteration):
        next(batches([]))
