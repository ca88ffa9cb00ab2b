"""Vectors from any endpoint that speaks OpenAI's `/embeddings`."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from services.clock import Clock, system_clock
from services.retrieval.embedders.breaker import Breaker
from services.retrieval.embedders.embedder import (
    EmbedderPassedOver,
    EmbedderRefused,
    EmbedderUnavailable,
    Matrix,
    PassageText,
    PassageVectors,
    Vector,
)
from services.retrieval.embedders.endpoint import Endpoint
from services.retrieval.embedders.patience import (
    MAX_TEXTS,
    OPENING_PATIENCE,
    PASSAGE_PATIENCE,
    QUERY_PATIENCE,
    Patience,
    PatientEndpoint,
)
from services.retrieval.embedders.prefixes import NO_PREFIXES, Prefixes, embedder_name, prefixed
from services.retrieval.embedders.scale import AS_THEY_ARE, QUESTIONS, SENTENCES, Scale
from services.retrieval.embedders.text_by_text import embed_text_by_text

logger = logging.getLogger(__name__)

MAX_REQUEST_CHARACTERS = 100_000
MAX_TEXT_CHARACTERS = 24_000
"""Under the 8,192 tokens that the usual models accept, in most languages."""

PASSAGE_REQUESTS = 4
"""Requests for passages under way at once; the pool has more connections, so that queries find one free."""


class OpenAIEmbedder:
    """The endpoint at `url` (up to and including `/v1`, say), asked for `model`.

    `dimension`, where it is known from an index, must be what the endpoint answers; else the first answer sets it.
    An empty `api_key` sends no authorization. A question is tried once; when that fails, the endpoint is passed over
    until it is well again, so that no other question waits for it. `sleep` waits between tries, `pause` between probes;
    `timer` tells how long a probe takes.
    """

    languages = None

    def __init__(
        self,
        url: str,
        model: str,
        api_key: str = "",
        *,
        prefixes: Prefixes = NO_PREFIXES,
        dimension: int | None = None,
        query_patience: Patience = QUERY_PATIENCE,
        opening_patience: Patience = OPENING_PATIENCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Clock = system_clock,
        timer: Clock = time.monotonic,
    ) -> None:
        self._endpoint = Endpoint(url, model, api_key, clock)
        self._patient = PatientEndpoint(self._endpoint, dimension, sleep)
        # Without the address: the same model behind another proxy makes the same vectors.
        self.name = embedder_name(model, prefixes)
        self.origin = self._endpoint.origin
        self._prefixes = prefixes
        self._scale: Scale | None = None
        self._query_patience = query_patience
        self._opening_patience = opening_patience
        self._timer = timer
        self._requests = asyncio.Semaphore(PASSAGE_REQUESTS)
        self._breaker = Breaker(self._is_well, pause)

    @property
    def dimension(self) -> int:
        if self._patient.dimension is None:
            raise EmbedderUnavailable(f"{self.origin} has not answered yet: the length of its vectors is unknown")
        return self._patient.dimension

    @property
    def scale(self) -> Scale:
        """See Embedder."""
        return self._scale or AS_THEY_ARE

    async def open(self, dimension: int | None = None) -> None:
        if self._scale is not None:
            return
        known = dimension if self._patient.dimension is None else self._patient.dimension
        try:
            await self._patient.embed(["ready"], self._opening_patience)
            known = self._patient.dimension
            await self._measure(replace(self._opening_patience, attempts=1))
        except EmbedderUnavailable as failure:
            if known is None:
                raise
            self._patient.dimension = known
            self._breaker.trip(failure)

    async def embed_query(self, text: str) -> Vector:
        if self._breaker.is_open:
            raise EmbedderPassedOver(f"{self.origin} failed a moment ago")
        try:
            texts = [_acceptable(text, self._prefixes.query)]
            vector: Vector = (await self._patient.embed(texts, self._query_patience))[0]
        except EmbedderUnavailable as failure:
            # What is wrong with one question is no reason to pass over the others.
            if not (isinstance(failure, EmbedderRefused) and failure.for_its_texts):
                self._breaker.trip(failure)
            raise
        return vector

    async def embed_passages(self, texts: Sequence[str]) -> Matrix:
        parts = _parts([_acceptable(text, self._prefixes.passage) for text in texts])
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._embed_in_turn(part)) for part in parts]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return np.concatenate([task.result() for task in tasks])

    async def embed_with_sentences(self, passages: Sequence[PassageText]) -> list[PassageVectors]:
        return await embed_text_by_text(self.embed_passages, passages)

    async def close(self) -> None:
        await self._breaker.close()
        await self._endpoint.close()

    async def _embed_in_turn(self, texts: Sequence[str]) -> Matrix:
        async with self._requests:
            return await self._patient.embed(texts, PASSAGE_PATIENCE)

    async def _measure(self, patience: Patience) -> None:
        """Learn the scale, and the dimension with it."""
        texts = [_acceptable(text, self._prefixes.query) for text in QUESTIONS]
        texts += [_acceptable(text, self._prefixes.passage) for text in SENTENCES]
        vectors = await self._patient.embed(texts, patience)
        self._scale = Scale.measured(vectors[: len(QUESTIONS)], vectors[len(QUESTIONS) :])
        logger.info("Unrelated texts score %.2f with %s", self._scale.unrelated, self.name)

    async def _is_well(self) -> bool:
        """Whether a question would be answered in time.

        A server that loads its model first is given time for that.
        """
        began = self._timer()
        if self._scale is None:
            await self._measure(replace(PASSAGE_PATIENCE, attempts=1))
        else:
            await self._patient.embed(["ready"], replace(self._opening_patience, attempts=1))
        return self._timer() - began <= self._query_patience.timeout


def _acceptable(text: str, prefix: str) -> str:
    """A text that endpoints take.

    They refuse empty texts and over-long ones; lone surrogates are not JSON that every server reads.
    """
    cut = text[:MAX_TEXT_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    cut = cut if cut.strip() else "."
    return prefixed(prefix, cut)


def _parts(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in order, in lists that one request can carry."""
    part: list[str] = []
    characters = 0
    for text in texts:
        if part and (len(part) == MAX_TEXTS or characters + len(text) > MAX_REQUEST_CHARACTERS):
            yield part
            part, characters = [], 0
        part.append(text)
        characters += len(text)
    if part:
        yield part
