"""Vectors of questions that are remembered."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.observe.metrics import REGISTRY
from services.retrieval.embedders.embedder import EmbedderUnavailable, Vector
from services.retrieval.search.question_vectors import QuestionVectors
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.retrieval_harness import Retrieval, serving
from tests.retrieval.word_embedder import WordEmbedder


class Counting(WordEmbedder):
    """Keeps what it was asked for."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked: list[str] = []

    async def embed_query(self, text: str) -> Vector:
        self.asked.append(text)
        return await super().embed_query(text)


def looks(found: str) -> float:
    return REGISTRY.get_sample_value("chatmount_search_remembered_total", {"what": "vector", "found": found}) or 0.0


async def test_a_question_is_embedded_once(tmp_path: Path, signer: TokenSigner) -> None:
    embedder = Counting()
    async with serving(tmp_path, signer, embedder) as retrieval:
        await retrieval.add("bot_a", "Parking is free.")
        await retrieval.add("bot_b", "Parking costs two euros.")
        embedder.asked.clear()
        found, not_found = looks("yes"), looks("no")
        texts = [await _first(retrieval, bot) for bot in ("bot_a", "bot_b")]
        # Of another chatbot as well: a vector says nothing of any.
        assert embedder.asked == ["what does parking cost"]
        assert texts == ["Parking is free.", "Parking costs two euros."]
        assert (looks("yes") - found, looks("no") - not_found) == (1, 1)


async def _first(retrieval: Retrieval, bot: str) -> str:
    return (await retrieval.texts(bot, "what does parking cost"))[0]


async def test_another_model_makes_another_vector() -> None:
    vectors, one, other = QuestionVectors(), Counting("one", 8), Counting("other", 16)
    assert len(await vectors.of(one, "parking")) == 8
    assert len(await vectors.of(other, "parking")) == 16
    assert len(await vectors.of(one, "parking")) == 8
    assert one.asked == other.asked == ["parking"]


async def test_what_failed_is_asked_again() -> None:
    vectors, embedder = QuestionVectors(), Counting()
    embedder.broken = True
    with pytest.raises(EmbedderUnavailable):
        await vectors.of(embedder, "parking")
    embedder.broken = False
    assert np.array_equal(await vectors.of(embedder, "parking"), await embedder.embed_query("parking"))


async def test_the_vectors_take_no_more_than_their_room() -> None:
    embedder = Counting()
    vectors = QuestionVectors(maximum_bytes=5000)
    for question in ("first", "second", "third", "fourth", "first"):
        await vectors.of(embedder, question)
    # Each takes some 1,500 bytes.
    assert embedder.asked == ["first", "second", "third", "fourth", "first"]
    await vectors.of(embedder, "fourth")
    assert len(embedder.asked) == 5


async def test_nobody_can_change_a_remembered_vector() -> None:
    vectors, embedder = QuestionVectors(), Counting()
    with pytest.raises(ValueError, match="read-only"):
        (await vectors.of(embedder, "parking"))[0] = 1.0
