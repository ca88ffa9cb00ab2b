"""The multilingual embedder.

Loaded with the first text, because it takes half a second and 360 MB of memory.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from services.retrieval.embedders.embedder import EmbedderRefused, ModelRefused, PassageText, PassageVectors, Vector
from services.retrieval.embedders.minilm.manifest import default_model_dir, is_prepared
from services.retrieval.embedders.minilm.model import MiniLMEmbedder
from services.retrieval.embedders.multilingual.kind import DIMENSION, LANGUAGES, MULTILINGUAL, NAME, PREFIXES
from services.retrieval.embedders.scale import MULTILINGUAL_SCALE

ADVICE = "The multilingual model is damaged. Remove its folder, run `make multilingual`, and start Chatmount again."


class E5Model(MiniLMEmbedder):
    """multilingual-e5-small: the same kind of network with twice the layers, and with prefixes."""

    kind = MULTILINGUAL
    languages = LANGUAGES
    scale = MULTILINGUAL_SCALE
    prefixes = PREFIXES


class MultilingualEmbedder:
    """See Embedder. What it is called, and its dimension, are known without its files."""

    name = NAME
    languages = LANGUAGES
    dimension = DIMENSION
    scale = MULTILINGUAL_SCALE

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory or default_model_dir(MULTILINGUAL)
        self._loading = asyncio.Lock()
        self._model: E5Model | None = None

    @property
    def is_prepared(self) -> bool:
        """Whether its files are there."""
        return self._model is not None or is_prepared(self._directory)

    async def open(self, dimension: int | None = None) -> None:
        """See Embedder: nothing, until a text comes."""

    async def embed_query(self, text: str) -> Vector:
        """See Embedder."""
        return await (await self._loaded()).embed_query(text)

    async def embed_with_sentences(self, passages: Sequence[PassageText]) -> list[PassageVectors]:
        """See Embedder."""
        return await (await self._loaded()).embed_with_sentences(passages)

    async def close(self) -> None:
        """See Embedder."""
        if self._model is not None:
            await self._model.close()

    async def _loaded(self) -> E5Model:
        async with self._loading:
            if self._model is None:
                try:
                    model = await asyncio.to_thread(E5Model.load, self._directory)
                except ModelRefused as error:
                    raise EmbedderRefused(str(error), ADVICE) from error
                await model.open()
                self._model = model
            return self._model
