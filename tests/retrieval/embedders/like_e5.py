"""An endpoint whose vectors lie in one corner, as those of e5 or bge do.

Unrelated texts are close with them. They are the built-in model's, pulled towards one direction that all of them share.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
from aiohttp import web

from services.retrieval.embedders.minilm.manifest import default_model_dir
from services.retrieval.embedders.minilm.model import MiniLMEmbedder
from tests.retrieval.embedders.openai_endpoint import served
from tests.retrieval.embedders.whole_texts import embedded


class LikeE5:
    """`unrelated`: the cosine of texts that have nothing to do with each other.

    `needed`: prefixes, of which each text must have one: as with such models, the others come out wrong.
    """

    def __init__(self, model: MiniLMEmbedder, unrelated: float, needed: tuple[str, ...] = ()) -> None:
        self._model = model
        self._pull = np.sqrt(unrelated / (1.0 - unrelated))
        self._corner = np.random.default_rng(3).standard_normal(model.dimension)
        self._corner /= np.linalg.norm(self._corner)
        self._needed = needed

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json()
        bare = await embedded(self._model, [self._without_prefix(text) for text in body["input"]])
        pulled = bare + self._pull * self._corner
        items = [{"index": number, "embedding": row.tolist()} for number, row in enumerate(pulled)]
        return web.json_response({"data": items, "model": body["model"]})

    def _without_prefix(self, text: str) -> str:
        for prefix in self._needed:
            if text.startswith(prefix):
                return text.removeprefix(prefix)
        return "" if self._needed else text


@asynccontextmanager
async def like_e5(unrelated: float, needed: tuple[str, ...] = ()) -> AsyncIterator[str]:
    """The URL of one that runs."""
    model = MiniLMEmbedder.load(default_model_dir(), threads=2)
    await model.open()
    async with served(LikeE5(model, unrelated, needed).handle) as url:
        yield url
    await model.close()
