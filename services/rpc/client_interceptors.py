"""Interceptors of a client that prepare every call, of whatever kind."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc

Prepare = Callable[[Any], Awaitable[Any]]
"""Returns the details of a call, which are a named tuple, as they should be."""


class _Preparing:
    def __init__(self, prepare: Prepare) -> None:
        self._prepare = prepare

    async def intercept(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(await self._prepare(details), request)


_intercept: Any = _Preparing.intercept


# grpc.aio takes an interceptor for one kind of call alone, whatever else it may be.
class _UnaryUnary(_Preparing, grpc.aio.UnaryUnaryClientInterceptor):
    intercept_unary_unary = _intercept


class _UnaryStream(_Preparing, grpc.aio.UnaryStreamClientInterceptor):
    intercept_unary_stream = _intercept


class _StreamUnary(_Preparing, grpc.aio.StreamUnaryClientInterceptor):
    intercept_stream_unary = _intercept


def preparing(prepare: Prepare) -> list[grpc.aio.ClientInterceptor]:
    """Interceptors that let `prepare` change every call before it is sent."""
    return [_UnaryUnary(prepare), _UnaryStream(prepare), _StreamUnary(prepare)]
