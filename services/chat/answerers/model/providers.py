"""Providers in order: tries again, and elsewhere, as long as nothing of the answer has come."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace

from services.chat.answerers.model.chunk import Finish, TokenUsage
from services.chat.answerers.model.failures import LASTING, FailureKind, ProviderFailure, broke_off, unavailable
from services.chat.answerers.model.metrics import FIRST_TOKEN_SECONDS, TRIES
from services.chat.answerers.model.model_span import begin_model_span, end_model_span
from services.chat.answerers.model.provider import Provider
from services.chat.answerers.model.request import ModelRequest
from services.chat.trace import Trace

logger = logging.getLogger("chatmount.model")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often each provider is tried, and the waits in seconds.

    `first_wait`, `longest_wait`, and `total` for all tries together.

    A provider that failed with every try is asked last for `rest` seconds, so that not every question waits for it.
    """

    attempts: int = 2
    first_wait: float = 0.25
    longest_wait: float = 2.0
    total: float = 300.0
    rest: float = 10.0


class Providers:
    """The first that answers, answers."""

    def __init__(
        self,
        providers: Iterable[Provider],
        policy: RetryPolicy | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._providers = tuple(providers)
        self._policy = policy or RetryPolicy()
        self._sleep = sleep
        self._rest_until: dict[Provider, float] = {}

    async def stream(self, request: ModelRequest, trace: Trace | None = None) -> AsyncGenerator[str | Finish, None]:
        """Text in pieces, then how it ended.

        A model named in the request is asked for at the first provider only.

        `ModelUnavailable` when nobody has begun, another `ChatmountError` when the answer broke off. Who was asked is
        written into `trace`.
        """
        trace = trace or Trace()
        now = asyncio.get_running_loop().time()
        until = now + self._policy.total
        failure = hopeful = ProviderFailure(FailureKind.REFUSED, "no provider")
        for provider in sorted(self._providers, key=lambda each: self._rest_until.get(each, 0.0) > now):
            is_fallback = provider is not self._providers[0]
            asked = replace(request, model="") if is_fallback else request
            for attempt in range(1, self._policy.attempts + 1):
                heard, begun, outcome = False, False, "left"
                trace.ask(provider.name, asked.model or provider.model, is_fallback=is_fallback)
                began = asyncio.get_running_loop().time()
                called = begin_model_span(asked, provider.name, asked.model or provider.model)
                said: list[str] = []
                try:
                    async with aclosing(provider.stream(asked, until)) as parts:
                        async for part in parts:
                            if isinstance(part, TokenUsage):
                                trace.prompt_tokens, trace.answer_tokens = part.prompt_tokens, part.answer_tokens
                                continue
                            if isinstance(part, Finish):
                                trace.finish = part.name.lower()
                                if not begun and part is Finish.WHOLE:
                                    raise ProviderFailure(FailureKind.EMPTY, "ended without text")
                                outcome = part.name.lower()
                            elif not heard:
                                heard = True
                                trace.speak()
                                waited = asyncio.get_running_loop().time() - began
                                FIRST_TOKEN_SECONDS.observe(waited)
                                called.tell({"gen_ai.response.time_to_first_chunk": waited})
                            begun = begun or (isinstance(part, str) and part != "")
                            if part != "":
                                if called.with_content and isinstance(part, str):
                                    said.append(part)
                                yield part
                    self._rest_until.pop(provider, None)
                    return
                except ProviderFailure as error:
                    failure, outcome = error, error.kind.name.lower()
                    # A wrong key or model does not pass by itself.
                    level = logging.ERROR if failure.kind in LASTING else logging.WARNING
                    see = f"; see {failure.setting}" if failure.setting else ""
                    logger.log(level, "%s, try %d: %s%s", provider.name, attempt, failure, see)
                    if begun:
                        raise broke_off(failure) from failure
                finally:
                    TRIES.labels(outcome).inc()
                    end_model_span(called, trace, outcome, said)
                wait = self._wait(failure, attempt, until)
                if wait is None:
                    break
                await self._sleep(wait)
            if hopeful.kind in LASTING:
                hopeful = failure
            if failure.kind not in LASTING:
                # One chatbot's wrong model says nothing of the others' questions.
                self._rest_until[provider] = asyncio.get_running_loop().time() + self._policy.rest
        raise unavailable(hopeful) from hopeful

    async def close(self) -> None:
        """Closes all connections."""
        for provider in self._providers:
            await provider.close()

    def _wait(self, failure: ProviderFailure, attempt: int, until: float) -> float | None:
        """Seconds until the provider is tried again; None when it is not."""
        # Who was silent for as long as agreed has had its time.
        if attempt >= self._policy.attempts or failure.kind in LASTING | {FailureKind.SLOW}:
            return None
        # Not all at once: those who failed together would come back together.
        backoff = self._policy.first_wait * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)
        wait = max(backoff, failure.retry_after or 0.0)
        too_late = asyncio.get_running_loop().time() + wait >= until
        return None if wait > self._policy.longest_wait or too_late else wait
