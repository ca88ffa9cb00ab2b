"""The interceptor before every servicer: who calls, whether it may, what an error becomes.

It wraps all four kinds of handlers, so that no method is open because it happens to stream.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc.aio import ServicerContext

from services.errors import ChatmountError, Text, refusal
from services.observe.metrics import CANCELLED, STATUS_NAMES, calls_of
from services.observe.spans import begin_call
from services.request_id import REQUEST_ID_HEADER, request_id
from services.rpc.access import is_open, rule_of, service_of
from services.trust.principal import set_current_principal
from services.trust.principal_tokens import TokenSigner

logger = logging.getLogger("chatmount.server")

Context = ServicerContext[Any, Any]
Continuation = Callable[[grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[Any, Any] | None"]]

OURS = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
"""The statuses that are faults of the side that serves, by OpenTelemetry's conventions."""

UNREADABLE = object()
"""In place of a request whose bytes are no message of the method."""


class AccessInterceptor(grpc.aio.ServerInterceptor):
    """Authenticates, authorises, counts, maps errors. A method without a rule can't be called."""

    def __init__(self, signer: TokenSigner) -> None:
        self._signer = signer
        self._handlers: dict[str, Any] = {}

    async def intercept_service(self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails) -> Any:
        method = handler_call_details.method
        known = self._handlers.get(method)
        if known is not None:
            return known
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler
        self._handlers[method] = self.wrap(handler, method)
        return self._handlers[method]

    def wrap(self, handler: "grpc.RpcMethodHandler[Any, Any]", method: str) -> Any:
        """The handler of `/package.Service/Method` with all that this interceptor does."""
        wrap = self._wrap_stream if handler.response_streaming else self._wrap_unary
        if is_open(method):
            if handler.request_streaming:
                return handler  # reads its messages itself
            wrap = _open
        words = {False: "unary", True: "stream"}
        kind = f"{words[handler.request_streaming]}_{words[handler.response_streaming]}"
        read = handler.request_deserializer
        make: Any = getattr(grpc, f"{kind}_rpc_method_handler")
        return make(
            wrap(getattr(handler, kind), method),
            request_deserializer=read if handler.request_streaming else _read_if_readable(read),
            response_serializer=handler.response_serializer,
        )

    def _enter(self, method: str, request: Any, metadata: Mapping[str, str]) -> None:
        scheme, _, token = metadata.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise refusal(Text.MISSING_TOKEN)
        principal = self._signer.verify(token.strip(), service_of(method))
        rule = rule_of(method)
        if rule is None:
            raise refusal(Text.NO_ACCESS_RULE)
        rule.check(principal)
        if request is UNREADABLE:
            raise refusal(Text.UNREADABLE_REQUEST)
        set_current_principal(principal)

    @asynccontextmanager
    async def _call(self, method: str, request: Any, context: Context) -> AsyncIterator[None]:
        """A call from its check to its end, counted; an error within becomes the call's status."""
        calls = calls_of(method)
        begun, cancelled = calls.begin(), False
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        request_id.set(metadata.get(REQUEST_ID_HEADER, "-"))
        span = begin_call(service_of(method), method[1:], metadata)
        try:
            self._enter(method, request, metadata)
            yield
        except (asyncio.CancelledError, GeneratorExit):
            cancelled = True
            raise
        except grpc.aio.AbortError:
            raise
        except Exception as error:
            refused = as_refusal(error)
            calls.refused(refused.reason)
            span.fail(refused.reason.name.lower(), is_ours=refused.status in OURS)
            await _end(context, refused)
        finally:
            code = CANCELLED if cancelled else STATUS_NAMES[context.code()]
            calls.end(begun, code)
            span.tell({"rpc.system.name": "grpc", "rpc.response.status_code": code})
            span.end()

    def _wrap_unary(self, behaviour: Any, method: str) -> Any:
        async def unary(request: Any, context: Context) -> Any:
            async with self._call(method, request, context):
                return await behaviour(request, context)

        return unary

    def _wrap_stream(self, behaviour: Any, method: str) -> Any:
        async def stream(request: Any, context: Context) -> AsyncIterator[Any]:
            async with self._call(method, request, context):
                async for message in behaviour(request, context):
                    yield message

        return stream


def _read_if_readable(read: Any) -> Any:
    """Read a message, and mark bytes that are not one.

    grpc.aio would answer before the interceptor is asked, with UNKNOWN and words of the inside, and log it as a fault.
    """

    def read_or_mark(data: bytes) -> Any:
        try:
            return read(data)
        except DecodeError:
            return UNREADABLE

    return read_or_mark


def _open(behaviour: Any, method: str) -> Any:
    """Wrap a method that needs no token. grpc's own streaming ones write to the context."""

    async def answer(request: Any, context: Context) -> Any:
        if request is UNREADABLE:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, Text.UNREADABLE_REQUEST.template)
        return await behaviour(request, context)

    return answer


async def _end(context: Context, refused: ChatmountError) -> None:
    """End the call with the status of a refusal; always raises."""
    metadata: list[tuple[str, str | bytes]] = [*refused.headers(), ("grpc-status-details-bin", refused.details())]
    # grpc.aio takes nothing but a tuple here.
    await context.abort(refused.status, refused.text, tuple(metadata))


def as_refusal(error: Exception) -> ChatmountError:
    """The refusal that the caller may see of `error`; the rest goes to the log."""
    if isinstance(error, ChatmountError):
        return error
    logger.error("unexpected error", exc_info=error)
    return refusal(Text.INTERNAL)
