"""Tokens on the command line's calls, renewed before they end: a long upload outlives many."""

import functools
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from grpc.aio import ClientCallDetails

from services.clock import Clock, system_clock
from services.observe.telemetry import REQUEST_ID_HEADER

TokenSource = Callable[[], Awaitable[str]]

CALL_SECONDS = 60.0
RENEW_BEFORE_SECONDS = 60.0


@functools.cache
def request_id() -> str:
    """The id under which the services log what this command asks for."""
    return f"cli-{uuid.uuid4()}"


class _Credentials:
    def __init__(self, token: TokenSource) -> None:
        self._token = token

    async def _dress(self, details: ClientCallDetails) -> ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        metadata.add("authorization", f"Bearer {await self._token()}")
        metadata.add(REQUEST_ID_HEADER, request_id())
        timeout = CALL_SECONDS if details.timeout is None else details.timeout
        return ClientCallDetails(details.method, timeout, metadata, details.credentials, details.wait_for_ready)


class _UnaryUnary(_Credentials, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(await self._dress(client_call_details), request)


class _UnaryStream(_Credentials, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(await self._dress(client_call_details), request)


class _StreamUnary(_Credentials, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await continuation(await self._dress(client_call_details), request_iterator)


def interceptors(token: TokenSource) -> list[grpc.aio.ClientInterceptor]:
    """Interceptors that add a token and a deadline to every call."""
    return [_UnaryUnary(token), _UnaryStream(token), _StreamUnary(token)]


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
