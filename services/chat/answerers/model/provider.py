"""One provider: a request goes out, the answer's text comes back as it is made, and silence has limits."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from services.chat.answerers.model.chunk import Finish, Usage
from services.chat.answerers.model.failures import Kind, ProviderFailure, loggable
from services.chat.answerers.model.reply import read_reply
from services.chat.answerers.model.request import Dialect, ModelRequest
from services.chat.answerers.model.retry_after import retry_after
from services.clock import Clock, system_clock
from services.settings import ModelEndpoint

# What may wait in a connection for a slow reader; beyond it the provider is not read from.
READ_AHEAD_BYTES = 64 * 1024
MAXIMUM_ERROR_BYTES = 16 * 1024
BUSY = frozenset({429, 503, 529})
PASSING = frozenset({408, 409, 425, 500, 502, 504})


@dataclass(frozen=True, slots=True)
class Silence:
    """Seconds: to connect, until the first token, between two tokens, and for an answer in all."""

    connect: float = 5.0
    first_token: float = 30.0
    between_tokens: float = 20.0
    total: float = 300.0


class Provider:
    """The endpoint's chat completions. An empty key sends no authorization."""

    def __init__(self, endpoint: ModelEndpoint, silence: Silence | None = None, *, clock: Clock = system_clock) -> None:
        base = URL(endpoint.url)
        whole = base.path.rstrip("/").endswith("/chat/completions")
        self._url = base if whole else (base / "chat" / "completions").with_query(base.query)
        self._model = endpoint.model
        self._secret = endpoint.api_key
        self._headers = {"Accept": "text/event-stream, application/json", "Accept-Encoding": "identity"}
        if endpoint.api_key:
            self._headers["Authorization"] = f"Bearer {endpoint.api_key}"
        self._silence = silence or Silence()
        self._clock = clock
        self._dialect = Dialect()
        self._http: aiohttp.ClientSession | None = None

    @property
    def name(self) -> str:
        """Scheme, host and port for the log; the rest of a URL may hold a secret."""
        return str(self._url.origin())

    @property
    def model(self) -> str:
        """The model that is asked when a request names none."""
        return self._model

    async def stream(
        self, request: ModelRequest, until: float | None = None
    ) -> AsyncGenerator[str | Usage | Finish, None]:
        """The answer's text in pieces, what it cost where that is told, then how it ended.

        `until`: the loop's time at which it must have.
        ProviderFailure when it fails; what had come until then has been yielded. Closing the generator, or cancelling
        it, closes the connection. The provider is not read from while nobody takes what it said.
        """
        now = asyncio.get_running_loop().time()
        last = now + self._silence.total if until is None else until
        first = min(now + self._silence.first_token, last)
        response = await self._ask(request, first)
        try:
            async with aclosing(read_reply(response, first, last, self._silence.between_tokens)) as parts:
                async for part in parts:
                    yield part
        finally:
            # Without effect on a connection that was read to its end and has gone back to the pool.
            response.close()

    async def close(self) -> None:
        """Closes all connections."""
        if self._http is not None:
            await self._http.close()

    async def _ask(self, request: ModelRequest, first: float) -> aiohttp.ClientResponse:
        model = request.model or self._model
        while True:
            response = await self._post(self._dialect.body(request, model), first)
            if response.status == 200:
                return response
            try:
                refusal = await self._refusal(response, first)
            finally:
                response.close()
            if response.status not in (400, 422) or not self._dialect.learn(model, refusal):
                raise self._refused(response, refusal)

    async def _post(self, body: dict[str, Any], first: float) -> aiohttp.ClientResponse:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._silence.connect)
        try:
            async with asyncio.timeout_at(first):
                return await self._session().post(
                    self._url, json=body, headers=self._headers, timeout=timeout, allow_redirects=False
                )
        except aiohttp.ConnectionTimeoutError as error:
            raise ProviderFailure(Kind.DOWN, "no connection in time") from error
        except TimeoutError as error:
            raise ProviderFailure(Kind.SLOW, "no reply in time") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ProviderFailure(Kind.DOWN, type(error).__name__) from error

    async def _refusal(self, response: aiohttp.ClientResponse, first: float) -> str:
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with asyncio.timeout_at(first):
                return (await response.content.read(MAXIMUM_ERROR_BYTES)).decode("utf-8", "replace")
        return ""

    def _refused(self, response: aiohttp.ClientResponse, refusal: str) -> ProviderFailure:
        wait = retry_after(response.headers.get("Retry-After"), self._clock)
        kind = Kind.BUSY if response.status in BUSY else Kind.DOWN if response.status in PASSING else Kind.REFUSED
        return ProviderFailure(kind, f"status {response.status}: {loggable(refusal, self._secret)}", retry_after=wait)

    def _session(self) -> aiohttp.ClientSession:
        """Made at the first request, because it belongs to the event loop that runs then."""
        if self._http is None or self._http.closed:
            self._http = aiohttp.ClientSession(
                # Not limited here: how many answers are written at once is decided before.
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                read_bufsize=READ_AHEAD_BYTES,
                json_serialize=json.dumps,
            )
        return self._http
