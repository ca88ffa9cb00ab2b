"""Sentences that are remembered between searches, up to a number of bytes."""

import numpy as np

from services.retrieval.search.sentence_memory import SentenceMemory, remembered


def test_the_sentences_longest_not_asked_for_are_forgotten_first() -> None:
    one = remembered((frozenset({1}),), np.ones((1, 8), np.float32))
    memory = SentenceMemory(maximum_bytes=2 * one.size)
    memory.put("a", one)
    memory.put("b", one)
    assert memory.get("a") is one
    memory.put("c", one)
    assert memory.get("b") is None
    assert memory.get("a") is one
    assert memory.get("c") is one


def test_putting_the_same_passage_again_takes_no_more_room() -> None:
    one = remembered((frozenset({1}),), np.ones((1, 8), np.float32))
    memory = SentenceMemory(maximum_bytes=2 * one.size)
    memory.put("a", one)
    for _ in range(10):
        memory.put("b", one)
    assert memory.get("a") is one
