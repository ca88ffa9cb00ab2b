"""Calls between services of one process: the wire's checks, errors and deadlines without it.

On the wire, each call has a context of its own and each side its own copy of a message. So it is here: the principal of
the callee never becomes that of the caller, and a reply that the callee keeps can't be changed by whoever received it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from contextvars import Context
from typing import Any

import grpc

from services.errors import ChatmountError
from services.rpc.channels import Metadata, PrincipalSource, call_metadata
from services.rpc.failures import failure_of
from services.rpc.interceptors import AccessInterceptor
from services.rpc.memory_context import MemoryContext, wire_error
from services.rpc.server import Registration
from services.tasks import wait_at_most
from services.trust.principal_tokens import TokenSigner

# How many messages of a stream may wait for their reader.
AHEAD = 16


class ServiceInMemory:
    """The methods of one service, for callers in its process."""

    def __init__(self, registrations: Sequence[Registration], signer: TokenSigner) -> None:
        self._methods = AccessInterceptor(signer)
        self._calls: set[asyncio.Task[Any]] = set()
        self._is_closed = False
        for servicer, add in registrations:
            add(servicer, self._methods)

    def handler(self, method: str) -> Any:
        """The handler of `/package.Service/Method`, with all checks. LookupError when there is none."""
        handler = self._methods.service(_Details(method))
        if handler is None:
            raise LookupError(f"{method} is not served in this process")
        return handler

    def start(self, serve: Callable[[], Awaitable[Any]], context: MemoryContext) -> "asyncio.Task[Any]":
        """Begins a call, whose result is a reply, or the error that the wire would have."""

        async def served() -> Any:
            try:
                return await serve()
            except grpc.aio.AbortError:
                return context.error()
            finally:
                context.end()

        async def refused() -> Any:
            return wire_error(grpc.StatusCode.UNAVAILABLE, "the service has stopped")

        task = asyncio.create_task(refused() if self._is_closed else served(), context=Context())
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        return task

    async def close(self) -> None:
        """Ends the calls that are still there, and refuses new ones."""
        self._is_closed = True
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


class _Details(grpc.HandlerCallDetails):
    def __init__(self, method: str) -> None:
        self.method = method
        self.invocation_metadata = ()


class MemoryLink:
    """Calls of a service in this process; see `Link` in links.py."""

    def __init__(self, service: ServiceInMemory, signer: TokenSigner, principal: PrincipalSource) -> None:
        self._service = service
        self._signer = signer
        self._principal = principal

    def unary_unary(self, method: str, *_: Any, **__: Any) -> Callable[..., Awaitable[Any]]:
        """See `Link`."""
        serve = self._service.handler(method).unary_unary

        async def call(request: Any, *, timeout: float | None = None, metadata: Metadata = ()) -> Any:
            context, request = self._context(method, metadata), _copy(request)
            task = self._service.start(lambda: serve(request, context), context)
            try:
                # No longer than that, however long the callee takes to notice.
                await asyncio.wait((task,), timeout=timeout)
                return _copy(_result(task))
            finally:
                task.cancel()

        return call

    def unary_stream(self, method: str, *_: Any, **__: Any) -> Callable[..., AsyncGenerator[Any, None]]:
        """See `Link`."""
        serve = self._service.handler(method).unary_stream

        async def call(
            request: Any, *, timeout: float | None = None, metadata: Metadata = ()
        ) -> AsyncGenerator[Any, None]:
            context, request, pipe = self._context(method, metadata), _copy(request), _Pipe(timeout)
            task = self._service.start(lambda: pipe.fill(serve(request, context)), context)
            task.add_done_callback(lambda _: pipe.arrived.set())
            try:
                while pipe.is_in_time():
                    if pipe.messages:
                        yield pipe.take()
                    elif task.done():
                        break
                    else:
                        await pipe.wait()
                if pipe.messages:
                    raise _too_slow()
                _result(task)
            finally:
                task.cancel()

        return call

    def _context(self, method: str, metadata: Metadata) -> MemoryContext:
        return MemoryContext(call_metadata(method, self._signer, self._principal, metadata))


class _Pipe:
    """The messages of a stream on their way, which have `timeout` seconds for all of it."""

    def __init__(self, timeout: float | None) -> None:
        self.messages: deque[Any] = deque()
        self.arrived, self._room = asyncio.Event(), asyncio.Event()
        self._time = asyncio.get_running_loop().time
        self._end = None if timeout is None else self._time() + timeout

    def is_in_time(self) -> bool:
        return self._end is None or self._time() < self._end

    async def wait(self) -> None:
        """Returns when there may be something to take, or time is up."""
        self.arrived.clear()
        await wait_at_most(None if self._end is None else self._end - self._time(), self.arrived)

    def take(self) -> Any:
        self._room.set()
        return self.messages.popleft()

    async def fill(self, streamed: AsyncGenerator[Any, None]) -> None:
        async with aclosing(streamed):
            async for message in streamed:
                while len(self.messages) >= AHEAD:
                    self._room.clear()
                    await self._room.wait()
                self.messages.append(_copy(message))
                self.arrived.set()


def _result(task: "asyncio.Task[Any]") -> Any:
    if not task.done():
        raise _too_slow()
    if task.cancelled():
        raise failure_of(wire_error(grpc.StatusCode.CANCELLED, "the service cut the call off"))
    outcome = task.result()
    if isinstance(outcome, grpc.aio.AioRpcError):
        raise failure_of(outcome) from outcome
    return outcome


def _too_slow() -> ChatmountError:
    return failure_of(wire_error(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded"))


def _copy(message: Any) -> Any:
    copied = type(message)()
    copied.CopyFrom(message)
    return copied
