"""The interceptor before every servicer: who calls, whether it may, what an error becomes.

It wraps all four kinds of handlers, so that no method is open because it happens to stream.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
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


class AccessInterceptor(grpc.GenericRpcHandler):
    """Authenticates, authorises, counts, maps errors. A method without a rule can't be called.

    Servicers are added to it as they are to a server, and it is added to that alone.
    """

    def __init__(self, signer: TokenSigner) -> None:
        self._signer = signer
        self._generic: list[grpc.GenericRpcHandler] = []
        self._handlers: dict[str, Any] = {}

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """What the generated `add_…Servicer_to_server` calls."""
        self._generic += handlers

    def add_registered_method_handlers(self, service: str, handlers: object) -> None:
        """The same handlers once more, which are not needed.

        grpc.aio would look at every method that is registered like this, each time a call comes.
        """

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """The handler of a method, with all checks; None for one that is not served."""
        method = handler_call_details.method
        known = self._handlers.get(method)
        if known is None:
            for generic in self._generic:
                found = generic.service(handler_call_details)
                if found is not None:
                    known = self._handlers[method] = self._wrap(found, method)
                    break
        return known

    def _wrap(self, handler: "grpc.RpcMethodHandler[Any, Any]", method: str) -> Any:
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
            request_deserializer=_read_if_readable(read, streamed=handler.request_streaming),
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

    def _wrap_unary(self, behaviour: Any, method: str) -> Any:
        async def unary(request: Any, context: Context) -> Any:
            async with _Call(method, context) as metadata:
                self._enter(method, request, metadata)
                return await behaviour(request, context)

        return unary

    def _wrap_stream(self, behaviour: Any, method: str) -> Any:
        async def stream(request: Any, context: Context) -> AsyncIterator[Any]:
            async with _Call(method, context) as metadata:
                self._enter(method, request, metadata)
                async for message in behaviour(request, context):
                    yield message

        return stream


class _Call:
    """A call from its beginning to its end, counted; an error within becomes its status."""

    __slots__ = ("_begun", "_calls", "_context", "_method", "_span")

    def __init__(self, method: str, context: Context) -> None:
        self._method = method
        self._context = context
        self._calls = calls_of(method)

    async def __aenter__(self) -> Mapping[str, str]:
        self._begun = self._calls.begin()
        metadata = {key: value for key, value in self._context.invocation_metadata() or () if isinstance(value, str)}
        request_id.set(metadata.get(REQUEST_ID_HEADER, "-"))
        self._span = begin_call(service_of(self._method), self._method[1:], metadata)
        return metadata

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        try:
            if isinstance(error, Exception) and not isinstance(error, grpc.aio.AbortError):
                refused = as_refusal(error)
                self._calls.refused(refused.reason)
                self._span.fail(refused.reason.name.lower(), is_ours=refused.status in OURS)
                await _end(self._context, refused)
        finally:
            cancelled = isinstance(error, (asyncio.CancelledError, GeneratorExit))
            code = CANCELLED if cancelled else STATUS_NAMES[self._context.code()]
            self._calls.end(self._begun, code)
            self._span.tell({"rpc.system.name": "grpc", "rpc.response.status_code": code})
            self._span.end()


def _read_if_readable(read: Any, *, streamed: bool) -> Any:
    """Read a message, and mark bytes that are not one.

    In a stream, which the servicer reads, they are refused. grpc.aio would answer before the interceptor is asked, with
    UNKNOWN and words of the inside, and log it as a fault.
    """

    def read_or_mark(data: bytes) -> Any:
        try:
            return read(data)
        except DecodeError as error:
            if streamed:
                raise refusal(Text.UNREADABLE_REQUEST) from error
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
