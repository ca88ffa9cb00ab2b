"""Tokens on the command line's calls, renewed before they end: a long upload outlives many."""

import functools
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from services.clock import Clock, system_clock
from services.request_id import REQUEST_ID_HEADER
from services.rpc.channels import preparing

TokenSource = Callable[[], Awaitable[str]]

CALL_SECONDS = 60.0
RENEW_BEFORE_SECONDS = 60.0


@functools.cache
def request_id() -> str:
    """The id under which the services log what this command asks for."""
    return f"cli-{uuid.uuid4()}"


def interceptors(token: TokenSource) -> list[grpc.aio.ClientInterceptor]:
    """Interceptors that add a token and a deadline to every call."""

    async def add_token(details: Any) -> Any:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        metadata.add("authorization", f"Bearer {await token()}")
        metadata.add(REQUEST_ID_HEADER, request_id())
        timeout = CALL_SECONDS if details.timeout is None else details.timeout
        return details._replace(metadata=metadata, timeout=timeout)

    return preparing(add_token)


class RenewedToken:
    """A token that is fetched again shortly before it ends.

    `fetch` returns a token and the Unix seconds at which it ends.
    """

    def __init__(self, fetch: Callable[[], Awaitable[tuple[str, float]]], clock: Clock = system_clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._token = ""
        self._ends = 0.0

    async def __call__(self) -> str:
        if self._clock() > self._ends - RENEW_BEFORE_SECONDS:
            self._token, self._ends = await self._fetch()
        return self._token
