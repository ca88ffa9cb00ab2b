"""One provider: sends a request, and reads the answer as it is made, within time limits."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

import aiohttp
from yarl import URL

from services.chat.answerers.model.chunk import Finish, TokenUsage
from services.chat.answerers.model.dialect import Dialect, quirk_in
from services.chat.answerers.model.failures import FailureKind, ProviderFailure
from services.chat.answerers.model.refusals import read_refusal, refusal_text
from services.chat.answerers.model.reply import Timeouts, read_reply
from services.chat.answerers.model.reply_bytes import LOST, notice_its_loss
from services.chat.answerers.model.request import ModelRequest
from services.chat.answerers.model.request_body import body
from services.chat.answerers.model.retry_after import retry_after
from services.chat.answerers.model.thoughts import Thoughts
from services.clock import Clock, system_clock
from services.config.model_settings import ModelEndpoint

logger = logging.getLogger("chatmount.model")

# What may wait in a connection for a slow reader; beyond it the provider is not read from.
READ_AHEAD_BYTES = 64 * 1024
MAXIMUM_ERROR_BYTES = 16 * 1024
GOOD = frozenset({200, 201, 202, 203, 206})
# Statuses with which a refusal may tell how to ask instead.
TELLING = frozenset({400, 422, 500})
VARIABLES = "CHATMOUNT_LLM_"
_OF_AN_ENDPOINT = frozenset({"URL", "MODEL", "API_KEY"})


class Provider:
    """The chat completions of one endpoint.

    An empty key sends no authorization. `variables`: how its settings begin.
    """

    def __init__(
        self,
        endpoint: ModelEndpoint,
        timeouts: Timeouts | None = None,
        *,
        clock: Clock = system_clock,
        variables: str = VARIABLES,
    ) -> None:
        base = URL(endpoint.url)
        whole = base.path.rstrip("/").endswith("/chat/completions")
        self._url = base if whole else (base / "chat" / "completions").with_query(base.query)
        self.model = endpoint.model
        # For the log. The rest of a URL may hold a secret.
        self.name = str(self._url.origin())
        self._secret = endpoint.api_key
        self._headers = {
            "Accept": "text/event-stream, application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
        }
        if endpoint.api_key:
            self._headers["Authorization"] = f"Bearer {endpoint.api_key}"
        self._timeouts = timeouts or Timeouts()
        self._clock = clock
        self._variables = variables
        self._dialect = Dialect(clock)
        self._http: aiohttp.ClientSession | None = None

    async def stream(
        self, request: ModelRequest, until: float | None = None
    ) -> AsyncGenerator[str | TokenUsage | Finish, None]:
        """The answer's text without thoughts, in pieces; its cost where that is known; how it ended.

        "" stands for the first part of the reply. `until`: the loop's time at which it must have ended.
        ProviderFailure when it fails; what had come until then has been yielded. Closing the generator, or cancelling
        it, closes the connection. The provider is not read from while nobody takes what it said. A prompt that is too
        long is sent once more with less in it.
        """
        now = asyncio.get_running_loop().time()
        last = now + self._timeouts.total if until is None else until
        first = min(now + self._timeouts.first_token, last)
        model = request.model or self.model
        request, spoke, limit, again = self._dialect.fitted(request, model), False, None, True
        while True:
            try:
                async with aclosing(self._answer(request, model, first, last)) as parts:
                    async for part in parts:
                        spoke = spoke or part != ""
                        yield part
                if limit is not None:
                    self._dialect.learn_limit(model, limit)
                return
            except ProviderFailure as failure:
                failure.setting = self._setting(failure.setting, request)
                if failure.kind is FailureKind.FILTERED and not spoke:
                    logger.warning("%s refused a prompt for its content: %s", self.name, failure)
                    yield Finish.FILTERED
                    return
                shorter = request.shorter(failure.limit) if failure.kind is FailureKind.TOO_LONG and again else None
                if shorter is None or spoke:
                    raise
                logger.warning("%s is asked once more with less: %s; see %s", self.name, failure, failure.setting)
                limit = failure.limit if request.is_beyond(failure.limit) else None
                request, again = shorter, False

    async def _answer(
        self, request: ModelRequest, model: str, first: float, last: float
    ) -> AsyncGenerator[str | TokenUsage | Finish, None]:
        response = await self._ask(request, model, first)
        thoughts = Thoughts(implied=self._dialect.thinks_unmarked(model), hold=request.whole)
        spoke = has_thought = begun = False
        try:
            between = self._timeouts.between_tokens
            async with aclosing(read_reply(response, first, last, between, request.gathering)) as parts:
                async for part in parts:
                    if isinstance(part, str) and not begun:
                        begun = True
                        yield ""
                    if isinstance(part, TokenUsage):
                        yield part
                        continue
                    if isinstance(part, Finish):
                        text = thoughts.finish(cut=part is not Finish.WHOLE)
                    else:
                        text, has_thought = thoughts.feed(part), has_thought or not part
                    if text:
                        spoke = True
                        yield text
                    if isinstance(part, Finish):
                        self._dialect.learn_thinking(model, unmarked=thoughts.was_implied)
                        is_silent = part is Finish.WHOLE and not spoke and (has_thought or thoughts.has_thought)
                        yield Finish.SILENT if is_silent else part
        finally:
            # Without effect on a connection that was read to its end and has gone back to the pool.
            response.close()

    async def close(self) -> None:
        """Closes all connections."""
        if self._http is not None:
            await self._http.close()

    async def _ask(self, request: ModelRequest, model: str, first: float) -> aiohttp.ClientResponse:
        quirks = self._dialect.quirks(model)
        while True:
            response = await self._post(body(request, model, quirks), first)
            if response.status in GOOD:
                self._dialect.learn_quirks(model, quirks)
                return response
            try:
                said = await self._refusal(response, first)
            finally:
                response.close()
            quirk = quirk_in(refusal_text(said), quirks) if response.status in TELLING else None
            if quirk is None:
                wait = retry_after(response.headers.get("Retry-After"), self._clock)
                raise read_refusal(said, response.status, self._secret, wait)
            quirks |= {quirk}

    async def _post(self, body: dict[str, Any], first: float) -> aiohttp.ClientResponse:
        try:
            async with asyncio.timeout_at(first):
                response = await self._session().post(self._url, data=json.dumps(body).encode(), allow_redirects=False)
        except aiohttp.ClientConnectorCertificateError as error:
            raise ProviderFailure(FailureKind.REFUSED, "its certificate is not valid", setting="URL") from error
        except aiohttp.ConnectionTimeoutError as error:
            raise ProviderFailure(FailureKind.DOWN, "no connection in time") from error
        except TimeoutError as error:
            raise ProviderFailure(FailureKind.SLOW, "no reply in time") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ProviderFailure(FailureKind.DOWN, type(error).__name__) from error
        notice_its_loss(response)
        return response

    async def _refusal(self, response: aiohttp.ClientResponse, first: float) -> str:
        with suppress(TimeoutError, *LOST):
            async with asyncio.timeout_at(first):
                return (await response.content.read(MAXIMUM_ERROR_BYTES)).decode("utf-8", "replace")
        return ""

    def _setting(self, name: str, request: ModelRequest) -> str:
        """What an operator looks at: the end of a variable's name made whole."""
        if name == "MODEL" and request.model:
            return "the model of the chatbot"
        return name and f"{self._variables if name in _OF_AN_ENDPOINT else VARIABLES}{name}"

    def _session(self) -> aiohttp.ClientSession:
        """Made at the first request, because it belongs to the event loop that runs then."""
        if self._http is None or self._http.closed:
            self._http = aiohttp.ClientSession(
                # Not limited here: how many answers are written at once is decided before.
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                read_bufsize=READ_AHEAD_BYTES,
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect),
            )
        return self._http
