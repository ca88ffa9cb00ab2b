"""Refusals: one error class, one table from reason to gRPC status.

What is not a `ChatmountError` is a fault of ours; the interceptor answers it with a neutral INTERNAL.
"""

from collections.abc import Mapping

import grpc
from chatmount.errors.v1.error_reason_pb2 import ErrorReason as ErrorReason
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2

DOMAIN = "chatmount"

STATUS_OF_REASON: Mapping[int, grpc.StatusCode] = {
    ErrorReason.ERROR_REASON_INVALID_FIELD: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_MESSAGE_LENGTH: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_INVALID_SESSION_ID: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_INVALID_IDEMPOTENCY_KEY: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_UNREADABLE_SOURCE: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_MISSING_CREDENTIALS: grpc.StatusCode.UNAUTHENTICATED,
    ErrorReason.ERROR_REASON_INVALID_API_KEY: grpc.StatusCode.UNAUTHENTICATED,
    ErrorReason.ERROR_REASON_INVALID_TOKEN: grpc.StatusCode.UNAUTHENTICATED,
    ErrorReason.ERROR_REASON_ROLE_NOT_ALLOWED: grpc.StatusCode.PERMISSION_DENIED,
    ErrorReason.ERROR_REASON_IP_NOT_ALLOWED: grpc.StatusCode.PERMISSION_DENIED,
    ErrorReason.ERROR_REASON_PLAN_WITHOUT_API: grpc.StatusCode.PERMISSION_DENIED,
    ErrorReason.ERROR_REASON_CHATBOT_DISABLED: grpc.StatusCode.PERMISSION_DENIED,
    ErrorReason.ERROR_REASON_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorReason.ERROR_REASON_ALREADY_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    ErrorReason.ERROR_REASON_WRONG_STATE: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.ERROR_REASON_KEY_LIMIT: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.ERROR_REASON_IDEMPOTENCY_CONFLICT: grpc.StatusCode.ABORTED,
    ErrorReason.ERROR_REASON_MINUTE_LIMIT: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_DAY_LIMIT: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_MONTH_LIMIT: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    ErrorReason.ERROR_REASON_OVERLOADED: grpc.StatusCode.UNAVAILABLE,
    ErrorReason.ERROR_REASON_TOO_SLOW: grpc.StatusCode.DEADLINE_EXCEEDED,
    ErrorReason.ERROR_REASON_INTERNAL: grpc.StatusCode.INTERNAL,
}

# What the edge says in X-RateLimit-Reason.
LIMIT_NAMES: Mapping[int, str] = {
    ErrorReason.ERROR_REASON_MINUTE_LIMIT: "minute",
    ErrorReason.ERROR_REASON_DAY_LIMIT: "day",
    ErrorReason.ERROR_REASON_MONTH_LIMIT: "month",
}

DEFAULT_RETRY_AFTER = 1
INTERNAL_TEXT = "Something went wrong on our side. Please try again; if it stays, report the X-Request-Id."


class ChatmountError(Exception):
    """A refusal that the caller may see.

    `text` is public: it says what is wrong and what to do, and nothing of the inside.
    `retry_after` is in whole seconds; 503 and 504 always carry one.
    """

    def __init__(self, reason: ErrorReason.ValueType, text: str, *, retry_after: int | None = None) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.status = STATUS_OF_REASON[reason]
        if retry_after is None and self.status in _ALWAYS_RETRYABLE:
            retry_after = DEFAULT_RETRY_AFTER
        self.retry_after = retry_after

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Metadata that the edge turns into HTTP headers of the same names."""
        headers: list[tuple[str, str]] = []
        if self.retry_after is not None:
            headers.append(("retry-after", str(self.retry_after)))
        if self.reason in LIMIT_NAMES:
            headers.append(("x-ratelimit-reason", LIMIT_NAMES[self.reason]))
        return tuple(headers)

    def details(self) -> bytes:
        """A serialised google.rpc.Status with ErrorInfo and RetryInfo, for `grpc-status-details-bin`."""
        info = AnyMessage()
        info.Pack(error_details_pb2.ErrorInfo(reason=ErrorReason.Name(self.reason), domain=DOMAIN))
        details = [info]
        if self.retry_after is not None:
            retry = AnyMessage()
            retry.Pack(error_details_pb2.RetryInfo(retry_delay=Duration(seconds=self.retry_after)))
            details.append(retry)
        code = code_pb2.Code.Value(self.status.name)
        status = status_pb2.Status(code=code, message=self.text, details=details)
        return bytes(status.SerializeToString())


_ALWAYS_RETRYABLE = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})


def from_rpc_error(error: grpc.aio.AioRpcError) -> ChatmountError | None:
    """The refusal that another Chatmount service sent, or None when the error is not one of ours."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            return _from_details(value)
    return None


def _from_details(serialised: bytes) -> ChatmountError | None:
    status = status_pb2.Status.FromString(serialised)
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    reason: ErrorReason.ValueType | None = None
    retry_after: int | None = None
    for detail in status.details:
        if detail.Unpack(info) and info.domain == DOMAIN and info.reason in ErrorReason.keys():  # noqa: SIM118
            reason = ErrorReason.Value(info.reason)
        elif detail.Unpack(retry):
            retry_after = retry.retry_delay.seconds
    return None if reason is None else ChatmountError(reason, status.message, retry_after=retry_after)
