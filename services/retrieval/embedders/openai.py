"""Vectors from any endpoint that speaks OpenAI's `/embeddings`."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

import aiohttp
import numpy as np
from yarl import URL

from services.clock import Clock, system_clock
from services.retrieval.embedders.embedder import EmbedderUnavailable, Matrix, PassageText, PassageVectors, Vector
from services.retrieval.embedders.openai_reply import RETRYABLE, retry_after, vectors_of
from services.retrieval.embedders.text_by_text import embed_text_by_text

MAX_TEXTS = 32
"""Texts per request; a larger reply would hold the event loop for too long while it is decoded."""

MAX_REQUEST_CHARACTERS = 100_000
MAX_TEXT_CHARACTERS = 24_000
"""Under the 8,192 tokens that the usual models accept, in most languages."""

PASSAGE_REQUESTS = 4
"""Requests for passages under way at once; the pool has more connections, so that queries find one free."""

CONNECTIONS = 32
FIRST_WAIT = 0.5


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried, seconds for each try, and the longest wait in seconds between two of them."""

    attempts: int
    timeout: float
    longest_wait: float


QUERY_PATIENCE = Patience(attempts=2, timeout=5.0, longest_wait=1.0)
"""A person waits for the answer, and it can be found without vectors."""

PASSAGE_PATIENCE = Patience(attempts=6, timeout=60.0, longest_wait=30.0)


class _Transient(EmbedderUnavailable):
    """A failure that another try may not meet."""


class OpenAIEmbedder:
    """The endpoint at `url` (up to and including `/v1`, say), asked for `model`.

    `dimension`, where it is known from an index, must be what the endpoint answers; else the first answer sets it.
    An empty `api_key` sends no authorization.
    """

    def __init__(
        self,
        url: str,
        model: str,
        api_key: str = "",
        *,
        dimension: int | None = None,
        query_patience: Patience = QUERY_PATIENCE,
        passage_patience: Patience = PASSAGE_PATIENCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Clock = system_clock,
    ) -> None:
        base = URL(url)
        whole = base.path.rstrip("/").endswith("/embeddings")
        self._endpoint = base if whole else (base / "embeddings").with_query(base.query)
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._dimension = dimension
        self._query_patience = query_patience
        self._passage_patience = passage_patience
        self._sleep = sleep
        self._clock = clock
        self._requests = asyncio.Semaphore(PASSAGE_REQUESTS)
        self._http: aiohttp.ClientSession | None = None

    @property
    def name(self) -> str:
        """Without the address: the same model behind another proxy makes the same vectors."""
        return f"endpoint/{self._model}"

    @property
    def languages(self) -> frozenset[str] | None:
        """See Embedder."""
        return None

    @property
    def dimension(self) -> int:
        if self._dimension is None:
            raise EmbedderUnavailable(f"{self.origin} has not answered yet: the length of its vectors is unknown")
        return self._dimension

    @property
    def origin(self) -> str:
        """Scheme, host and port; the rest of a URL may hold a secret."""
        return str(self._endpoint.origin())

    async def open(self) -> None:
        if self._dimension is None:
            await self.embed_query("ready")

    async def embed_query(self, text: str) -> Vector:
        vector: Vector = (await self._embed([_acceptable(text)], self._query_patience))[0]
        return vector

    async def embed_passages(self, texts: Sequence[str]) -> Matrix:
        if not texts:
            await self.open()
            return np.empty((0, self.dimension), np.float32)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._embed_in_turn(part)) for part in _parts(texts)]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return np.concatenate([task.result() for task in tasks])

    async def embed_with_sentences(self, passages: Sequence[PassageText]) -> list[PassageVectors]:
        return await embed_text_by_text(self.embed_passages, passages)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def _embed_in_turn(self, texts: Sequence[str]) -> Matrix:
        async with self._requests:
            return await self._embed(texts, self._passage_patience)

    async def _embed(self, texts: Sequence[str], patience: Patience) -> Matrix:
        for attempt in range(1, patience.attempts + 1):
            try:
                return await self._try(texts, patience.timeout)
            except _Transient as failure:
                backoff = FIRST_WAIT * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)
                wait = min(backoff, patience.longest_wait) if failure.retry_after is None else failure.retry_after
                if attempt == patience.attempts or wait > patience.longest_wait:
                    raise EmbedderUnavailable(str(failure), retry_after=failure.retry_after) from failure
                await self._sleep(wait)
        raise AssertionError("a patience of no attempts")

    async def _try(self, texts: Sequence[str], timeout: float) -> Matrix:
        body = {"model": self._model, "input": list(texts)}
        try:
            async with self._session().post(
                self._endpoint,
                json=body,
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=timeout),
                allow_redirects=False,
            ) as response:
                if response.status in RETRYABLE:
                    wait = retry_after(response.headers.get("Retry-After"), self._clock)
                    raise _Transient(f"{self.origin} answered {response.status}", retry_after=wait)
                if response.status != 200:
                    raise EmbedderUnavailable(f"{self.origin} answered {response.status}")
                content = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _Transient(f"{self.origin} can't be reached: {type(error).__name__}") from error
        try:
            reply = json.loads(content)
        except ValueError as error:
            raise EmbedderUnavailable(f"{self.origin} did not answer JSON") from error
        vectors = vectors_of(reply, len(texts), self._dimension)
        self._dimension = vectors.shape[1]
        return vectors

    def _session(self) -> aiohttp.ClientSession:
        """Made at the first request, because it belongs to the event loop that runs then."""
        if self._http is None:
            self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS))
        return self._http


def _acceptable(text: str) -> str:
    """Endpoints refuse empty texts and over-long ones; lone surrogates are not JSON that every server reads."""
    cut = text[:MAX_TEXT_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    return cut if cut.strip() else "."


def _parts(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in order, in lists that one request can carry."""
    part: list[str] = []
    characters = 0
    for text in map(_acceptable, texts):
        if part and (len(part) == MAX_TEXTS or characters + len(text) > MAX_REQUEST_CHARACTERS):
            yield part
            part, characters = [], 0
        part.append(text)
        characters += len(text)
    if part:
        yield part
