"""Remembered rarities of words: exact as long as they hold, and bounded."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.retrieval.index.edge import words as edge_words
from services.retrieval.index.edge.edge import EdgeIndex
from services.retrieval.index.edge.words import EdgeWords
from services.retrieval.index.schema import Fingerprint
from tests.retrieval.index.index_contract import EMBEDDER, ENCODER, add

APPLE, PEAR, PLUM = (ENCODER.query(word).words[0] for word in ("apple", "pear", "plum"))


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[EdgeIndex]:
    opened = await EdgeIndex.open(tmp_path, Fingerprint.of(EMBEDDER))
    await add(opened, "bot_a", "v1", "apple pear", "apple")
    await add(opened, "bot_b", "v2", "pear")
    yield opened
    await opened.close()


async def test_a_rarity_is_looked_up_once_until_something_is_written(index: EdgeIndex) -> None:
    asked: list[int] = []

    def ask(requests: list[Any]) -> list[list[Any]]:
        asked.append(len(requests))
        return index._query(requests)

    words = EdgeWords(ask, index._shard.count)
    apple, pear = words.rarity("bot_a", [APPLE, PEAR])
    assert words.known_rarity("bot_a", [PEAR, PLUM]) is None
    assert words.rarity("bot_a", [PEAR, PLUM])[0] == pear
    assert words.known_rarity("bot_a", [PLUM, APPLE]) == [*words.rarity("bot_a", [PLUM]), apple]
    assert words.rarity("bot_b", [PEAR]) != [pear]
    assert [count for count in asked if count] == [2, 1, 1]
    words.forget()
    assert words.rarity("bot_a", [APPLE]) == [apple]
    assert asked[-1] == 1


async def test_rarities_are_bounded(index: EdgeIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    words = EdgeWords(index._query, index._shard.count)
    right = words.rarity("bot_a", [APPLE, PEAR, PLUM])
    monkeypatch.setattr(edge_words, "REMEMBERED_WORDS", 2)
    words.forget()
    assert [words.rarity("bot_a", [word])[0] for word in (APPLE, PEAR, PLUM)] == right
    assert words.known_rarity("bot_a", [APPLE]) is None
    assert words.rarity("bot_a", [APPLE, PEAR, PLUM]) == right
