"""What is remembered between searches: exact as long as it holds, and bounded."""

from collections.abc import Sequence

import numpy as np

from services.retrieval.index.edge.rarities import Rarities
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


def test_a_rarity_is_found_out_once_until_something_is_written() -> None:
    asked: list[tuple[str, tuple[int, ...]]] = []

    def find_out(chatbot_id: str, words: Sequence[int]) -> list[float]:
        asked.append((chatbot_id, tuple(words)))
        return [float(word) for word in words]

    rarities = Rarities()
    assert rarities.of("bot_a", [1, 2], find_out) == [1.0, 2.0]
    assert rarities.of("bot_a", [2, 3], find_out) == [2.0, 3.0]
    assert rarities.of("bot_b", [2], find_out) == [2.0]
    assert asked == [("bot_a", (1, 2)), ("bot_a", (3,)), ("bot_b", (2,))]
    rarities.forget()
    rarities.of("bot_a", [1], find_out)
    assert asked[-1] == ("bot_a", (1,))


def test_rarities_are_bounded() -> None:
    rarities = Rarities(maximum=2)
    for word in range(10):
        assert rarities.of("bot_a", [word], lambda _, words: [0.5] * len(words)) == [0.5]
    assert rarities.of("bot_a", [1, 2, 3], lambda _, words: [float(word) for word in words]) == [1.0, 2.0, 3.0]
