"""One request to an endpoint that speaks OpenAI's `/embeddings`, and what its failures mean."""

import json
from collections.abc import Sequence
from http import HTTPStatus

import aiohttp
from yarl import URL

from services.clock import Clock
from services.retrieval.embedders.embedder import EmbedderRefused, EmbedderUnavailable, Matrix
from services.retrieval.embedders.openai_reply import retry_after, vectors_of

CONNECTIONS = 32

_PASSING = frozenset({408, 409, 425, 429})
_FOR_ITS_TEXTS = frozenset({400, 413, 422})


class Endpoint:
    """The endpoint at `url`, up to and including `/v1` or `/embeddings`.

    An empty `api_key` sends no authorization.
    """

    def __init__(self, url: str, model: str, api_key: str, clock: Clock) -> None:
        base = URL(url)
        whole = base.path.rstrip("/").endswith("/embeddings")
        self._url = base if whole else (base / "embeddings").with_query(base.query)
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._clock = clock
        self._http: aiohttp.ClientSession | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port; the rest of a URL may hold a secret."""
        return str(self._url.origin())

    async def embed(self, texts: Sequence[str], seconds: float, dimension: int | None) -> Matrix:
        """One row per text, asked for once.

        `dimension`: the length that the vectors must have; None: any. Raises EmbedderRefused for what would be refused
        again, EmbedderUnavailable for what may pass.
        """
        try:
            content = await self._post(texts, seconds)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise EmbedderUnavailable(f"{self.origin} can't be reached: {type(error).__name__}") from error
        try:
            return vectors_of(_decoded(content), len(texts), dimension)
        except ValueError as error:
            raise EmbedderRefused(
                self.origin,
                f"The embeddings endpoint's reply can't be used: {error}. "
                "Check CHATMOUNT_EMBEDDINGS_URL and CHATMOUNT_EMBEDDINGS_MODEL.",
            ) from error

    async def close(self) -> None:
        """Close all connections."""
        if self._http is not None:
            await self._http.close()

    async def _post(self, texts: Sequence[str], seconds: float) -> bytes:
        async with self._session().post(
            self._url,
            json={"model": self._model, "input": list(texts)},
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=seconds),
            allow_redirects=False,
        ) as response:
            status = response.status
            if 200 <= status < 300:
                return await response.read()
            if status in _PASSING or (status >= 500 and status != 501):
                wait = retry_after(response.headers.get("Retry-After"), self._clock)
                raise EmbedderUnavailable(f"{self.origin} answered {status}", retry_after=wait)
            raise EmbedderRefused(self.origin, _advice(status), for_its_texts=status in _FOR_ITS_TEXTS)

    def _session(self) -> aiohttp.ClientSession:
        """Made at the first request, because it belongs to the event loop that runs then."""
        if self._http is None:
            self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS))
        return self._http


def _decoded(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no JSON") from error


def _advice(status: int) -> str:
    if status in (401, 403):
        what = "Check CHATMOUNT_EMBEDDINGS_API_KEY."
    elif status == 402:
        what = "Check the balance of the account that CHATMOUNT_EMBEDDINGS_API_KEY belongs to."
    elif status in _FOR_ITS_TEXTS:
        what = "Check that CHATMOUNT_EMBEDDINGS_MODEL is an embedding model and takes texts of this length."
    else:
        what = "Check CHATMOUNT_EMBEDDINGS_URL and CHATMOUNT_EMBEDDINGS_MODEL."
    known = next((f" ({one.phrase})" for one in HTTPStatus if one == status), "")
    return f"The embeddings endpoint answered {status}{known}. {what}"
