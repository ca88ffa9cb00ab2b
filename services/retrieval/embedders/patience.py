"""How patient an endpoint is asked, and in how large batches it is asked at all."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np

from services.retrieval.embedders.embedder import EmbedderRefused, EmbedderUnavailable, Matrix
from services.retrieval.embedders.endpoint import Endpoint

MAX_TEXTS = 32
"""Texts per request; a larger reply would hold the event loop for too long while it is decoded."""

FIRST_WAIT = 0.5


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries of a request, seconds for each, and the longest wait in seconds between two."""

    attempts: int
    timeout: float
    longest_wait: float

    @property
    def seconds(self) -> float:
        """All tries and waits together, at most."""
        return self.attempts * self.timeout + (self.attempts - 1) * self.longest_wait


QUERY_PATIENCE = Patience(attempts=1, timeout=1.5, longest_wait=0.0)
"""A person waits for the answer, and it can be found without vectors."""

PASSAGE_PATIENCE = Patience(attempts=6, timeout=60.0, longest_wait=30.0)

OPENING_PATIENCE = Patience(attempts=2, timeout=10.0, longest_wait=1.0)
"""Servers that load a model when it is first asked for take their time with it."""


class PatientEndpoint:
    """An endpoint that is asked as often as a patience allows.

    `dimension`: the length of its vectors, once known.
    """

    def __init__(
        self, endpoint: Endpoint, dimension: int | None, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._endpoint = endpoint
        self.dimension = dimension
        self._sleep = sleep
        self._most_texts = MAX_TEXTS

    async def embed(self, texts: Sequence[str], patience: Patience) -> Matrix:
        """One row per text, in as many requests as the endpoint needs.

        A batch that it refuses is halved, and the size that passed is remembered. EmbedderRefused for what would be
        refused again, EmbedderUnavailable for the rest.
        """
        size = self._most_texts
        if len(texts) > size:
            parts = [await self.embed(texts[at : at + size], patience) for at in range(0, len(texts), size)]
            return np.concatenate(parts)
        try:
            return await self._persistently(texts, patience)
        except EmbedderRefused as refusal:
            if len(texts) == 1 or not refusal.for_its_texts:
                raise
        half = (len(texts) + 1) // 2
        halves = [await self.embed(texts[:half], patience), await self.embed(texts[half:], patience)]
        # Only now: a batch that is refused for one of its texts says nothing of others.
        self._most_texts = min(self._most_texts, half)
        return np.concatenate(halves)

    async def _persistently(self, texts: Sequence[str], patience: Patience) -> Matrix:
        for attempt in range(1, patience.attempts + 1):
            try:
                vectors = await self._endpoint.embed(texts, patience.timeout, self.dimension)
                self.dimension = vectors.shape[1]
                return vectors
            except EmbedderRefused:
                raise
            except EmbedderUnavailable as failure:
                backoff = FIRST_WAIT * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)
                wait = min(backoff, patience.longest_wait) if failure.retry_after is None else failure.retry_after
                if attempt == patience.attempts or wait > patience.longest_wait:
                    raise
                await self._sleep(wait)
        raise AssertionError("a patience of no attempts")
