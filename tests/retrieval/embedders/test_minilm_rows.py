"""Texts as rows of tokens, and what the graph is told of them."""

import numpy as np

from services.retrieval.embedders.minilm.rows import (
    PATH_TOKENS,
    ROW_TOKENS,
    inputs,
    sentence_rows,
    whole_row,
)

END = 2


def test_sentences_stand_side_by_side_after_their_path() -> None:
    (row,) = sentence_rows([1, 7], [[4, 5], [6]], END, 256)
    assert row.ids == [1, 7, 4, 5, END, 6, END]
    assert row.places == [0, 1, 2, 3, 4, 2, 3]
    assert row.parts == [0, 0, 1, 1, 1, 2, 2]
    assert row.sentences == 2


def test_a_sentence_is_cut_where_the_window_ends_and_leaves_the_others_alone() -> None:
    (row,) = sentence_rows([1, 7], [list(range(10, 400)), [6]], END, 256)
    assert max(row.places) == 255
    assert row.ids[-3:] == [END, 6, END]
    assert row.parts.count(1) == 254


def test_a_path_leaves_room_for_a_sentence() -> None:
    (row,) = sentence_rows(list(range(500)), [[6, 7]], END, 256)
    assert list(row.ids) == [*range(PATH_TOKENS), 6, 7, END]


def test_more_sentences_than_a_row_holds_go_on_in_the_next_one() -> None:
    sentences = [[number] * 100 for number in range(10, 20)]
    rows = sentence_rows([1, 7], sentences, END, 256)
    assert max(map(len, rows)) <= ROW_TOKENS
    assert sum(row.sentences for row in rows) == 10
    assert [row.ids[:2] for row in rows] == [[1, 7]] * len(rows)
    assert [token for row in rows for token in row.ids if token >= 10] == [token for one in sentences for token in one]


def test_the_graph_is_told_which_tokens_count_in_which_vector() -> None:
    fed = inputs([sentence_rows([1], [[4], [6]], END, 256)[0], whole_row([8, 9])])
    np.testing.assert_array_equal(fed["input_ids"], [[1, 4, END, 6, END], [8, 9, 0, 0, 0]])
    np.testing.assert_array_equal(fed["parts"], [[0, 1, 1, 2, 2], [0, 0, -1, -1, -1]])
    np.testing.assert_array_equal(fed["shares"][0], [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 1, 1]])
    np.testing.assert_array_equal(fed["shares"][1, 0], [1, 1, 0, 0, 0])
