"""gRPC's context of a call that does not go over the wire."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import grpc

from services.rpc.channels import Metadata

Trailing = Sequence[tuple[str, str | bytes]]


class MemoryContext:
    """As much of gRPC's context as methods use that take one message."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata
        self._code: grpc.StatusCode | None = None
        self._details = ""
        self._trailing: Trailing = ()
        self._callbacks: list[Callable[[Any], None]] = []

    def invocation_metadata(self) -> Metadata:
        """What came with the request."""
        return self._metadata

    def code(self) -> grpc.StatusCode | None:
        """The status of a call that was aborted."""
        return self._code

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        """`callback` is called when the call is over, however it ended."""
        self._callbacks.append(callback)

    async def abort(self, code: grpc.StatusCode, details: str = "", trailing_metadata: Trailing = ()) -> NoReturn:
        """End the call with this status."""
        self._code, self._details, self._trailing = code, details, trailing_metadata
        raise grpc.aio.AbortError(details)

    def error(self) -> grpc.aio.AioRpcError:
        """The error of an aborted call, as its caller would get it over the wire."""
        return wire_error(self._code or grpc.StatusCode.UNKNOWN, self._details, self._trailing)

    def end(self) -> None:
        """The call is over."""
        for callback in self._callbacks:
            callback(self)


def wire_error(code: grpc.StatusCode, details: str, trailing: Trailing = ()) -> grpc.aio.AioRpcError:
    """An error as gRPC raises it."""
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailing), details)
