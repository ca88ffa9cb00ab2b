"""The error class of all refusals, and its way over the wire.

What is not a `ChatmountError` is a fault of ours; the interceptor answers it with a neutral INTERNAL.
"""

from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2

from services.errors.reasons import Reason
from services.errors.texts import Text

DOMAIN = "chatmount"


class ChatmountError(Exception):
    """A refusal that the caller may see.

    `text` is public: it says what is wrong and what to do, and nothing of the inside.
    `retry_after` is in whole seconds; 503 and 504 always carry one.
    """

    def __init__(self, reason: Reason, text: str, *, retry_after: int | None = None) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.status = reason.status
        self.retry_after = reason.retry_after if retry_after is None else retry_after

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Metadata that the edge turns into HTTP headers of the same names."""
        headers: list[tuple[str, str]] = []
        if self.retry_after is not None:
            headers.append(("retry-after", str(self.retry_after)))
        if self.reason.limit:
            headers.append(("x-ratelimit-reason", self.reason.limit))
        return tuple(headers)

    def details(self) -> bytes:
        """A serialised google.rpc.Status with ErrorInfo and RetryInfo, for `grpc-status-details-bin`."""
        info = AnyMessage()
        info.Pack(error_details_pb2.ErrorInfo(reason=self.reason.wire_name, domain=DOMAIN))
        details = [info]
        if self.retry_after is not None:
            retry = AnyMessage()
            retry.Pack(error_details_pb2.RetryInfo(retry_delay=Duration(seconds=self.retry_after)))
            details.append(retry)
        code = code_pb2.Code.Value(self.status.name)
        status = status_pb2.Status(code=code, message=self.text, details=details)
        return bytes(status.SerializeToString())


def refusal(text: Text, *, retry_after: int | None = None, **values: Any) -> ChatmountError:
    """The refusal that the catalogue words; `values` fill its placeholders."""
    return ChatmountError(text.reason, text.format(**values), retry_after=retry_after)


def invalid(text: str) -> ChatmountError:
    """INVALID_FIELD: a field of the request can't be used; `text` names it and says what it must be."""
    return ChatmountError(Reason.INVALID_FIELD, text)


def unreadable(text: str) -> ChatmountError:
    """UNREADABLE_SOURCE: a file can't become a source; `text` says why, and how to make it one that can."""
    return ChatmountError(Reason.UNREADABLE_SOURCE, text)


def from_rpc_error(error: grpc.aio.AioRpcError) -> ChatmountError | None:
    """The refusal that another Chatmount service sent, or None when the error is not one of ours."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            return _from_details(value)
    return None


def _from_details(serialised: bytes) -> ChatmountError | None:
    status = status_pb2.Status.FromString(serialised)
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    reason: Reason | None = None
    retry_after: int | None = None
    for detail in status.details:
        if detail.Unpack(info) and info.domain == DOMAIN:
            reason = Reason.named(info.reason)
        elif detail.Unpack(retry):
            retry_after = retry.retry_delay.seconds
    return None if reason is None else ChatmountError(reason, status.message, retry_after=retry_after)
