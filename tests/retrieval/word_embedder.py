"""An embedder for tests: texts that share words are close.

It needs no model, and can be made to fail or to wait.
"""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from services.retrieval.embedders.embedder import (
    EmbedderRefused,
    EmbedderUnavailable,
    Matrix,
    PassageText,
    PassageVectors,
    Vector,
)
from services.retrieval.embedders.scale import AS_THEY_ARE
from services.retrieval.embedders.text_by_text import embed_text_by_text


@cache
def _direction(word: str, dimension: int) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
    return np.random.default_rng(seed).standard_normal(dimension)


class WordEmbedder:
    """Adds up one fixed direction per word. `broken`: every call fails.

    `hold`: passages wait for it. `refusal`: what is raised for passages with `refused_word`.
    """

    languages = None
    scale = AS_THEY_ARE

    def __init__(self, name: str = "words", dimension: int = 256) -> None:
        self.name = name
        self.dimension = dimension
        self.broken = False
        self.refusal: EmbedderRefused | None = None
        self.refused_word = ""
        self.refusals = 0
        self.hold: asyncio.Event | None = None
        self.waiting = asyncio.Event()
        self.passages = 0

    async def open(self, dimension: int | None = None) -> None:
        pass

    async def embed_query(self, text: str) -> Vector:
        self._check()
        return self._vector(text)

    async def embed_passages(self, texts: Sequence[str]) -> Matrix:
        self._check()
        if self.refusal is not None and any(self.refused_word in text for text in texts):
            self.refusals += 1
            raise self.refusal
        if self.hold is not None:
            self.waiting.set()
            await self.hold.wait()
        self.passages += len(texts)
        return np.array([self._vector(text) for text in texts], np.float32).reshape(len(texts), self.dimension)

    async def embed_with_sentences(self, passages: Sequence[PassageText]) -> list[PassageVectors]:
        return await embed_text_by_text(self.embed_passages, passages)

    async def close(self) -> None:
        pass

    def _check(self) -> None:
        if self.broken:
            raise EmbedderUnavailable("the embedder was told to fail")

    def _vector(self, text: str) -> Vector:
        total = np.full(self.dimension, 1e-3)
        for word in re.findall(r"\w+", text.lower()):
            total += _direction(word, self.dimension)
        return np.asarray(total / np.linalg.norm(total), np.float32)
