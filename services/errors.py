"""Refusals: one error class, and the reasons with the gRPC status of each.

What is not a `ChatmountError` is a fault of ours; the interceptor answers it with a neutral INTERNAL.
"""

from enum import Enum

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc import StatusCode

DOMAIN = "chatmount"
DEFAULT_RETRY_AFTER = 1
INTERNAL_TEXT = "Something went wrong on our side. Please try again; if it stays, report the X-Request-Id."

_ALWAYS_RETRYABLE = frozenset({StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED})
_WIRE_PREFIX = "ERROR_REASON_"


class Reason(Enum):
    """Why a call is refused: the names of error_reason.proto, each with its status."""

    INVALID_FIELD = StatusCode.INVALID_ARGUMENT
    MESSAGE_LENGTH = StatusCode.INVALID_ARGUMENT
    INVALID_SESSION_ID = StatusCode.INVALID_ARGUMENT
    INVALID_IDEMPOTENCY_KEY = StatusCode.INVALID_ARGUMENT
    UNREADABLE_SOURCE = StatusCode.INVALID_ARGUMENT
    MISSING_CREDENTIALS = StatusCode.UNAUTHENTICATED
    INVALID_API_KEY = StatusCode.UNAUTHENTICATED
    INVALID_TOKEN = StatusCode.UNAUTHENTICATED
    ROLE_NOT_ALLOWED = StatusCode.PERMISSION_DENIED
    IP_NOT_ALLOWED = StatusCode.PERMISSION_DENIED
    PLAN_WITHOUT_API = StatusCode.PERMISSION_DENIED
    CHATBOT_DISABLED = StatusCode.PERMISSION_DENIED
    NOT_FOUND = StatusCode.NOT_FOUND
    ALREADY_EXISTS = StatusCode.ALREADY_EXISTS
    WRONG_STATE = StatusCode.FAILED_PRECONDITION
    KEY_LIMIT = StatusCode.FAILED_PRECONDITION
    IDEMPOTENCY_CONFLICT = StatusCode.ABORTED
    MINUTE_LIMIT = StatusCode.RESOURCE_EXHAUSTED
    DAY_LIMIT = StatusCode.RESOURCE_EXHAUSTED
    MONTH_LIMIT = StatusCode.RESOURCE_EXHAUSTED
    UNAVAILABLE = StatusCode.UNAVAILABLE
    OVERLOADED = StatusCode.UNAVAILABLE
    TOO_SLOW = StatusCode.DEADLINE_EXCEEDED
    INTERNAL = StatusCode.INTERNAL

    status: StatusCode

    def __new__(cls, status: StatusCode) -> "Reason":
        """Members of one status are not aliases of each other."""
        member = object.__new__(cls)
        member._value_ = len(cls.__members__)
        member.status = status
        return member

    @property
    def wire_name(self) -> str:
        """Its name in error_reason.proto and in ErrorInfo."""
        return _WIRE_PREFIX + self.name

    @property
    def limit(self) -> str:
        """What the edge says in X-RateLimit-Reason: minute, day, month, or nothing."""
        return self.name.removesuffix("_LIMIT").lower() if self.status == StatusCode.RESOURCE_EXHAUSTED else ""


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
        if retry_after is None and self.status in _ALWAYS_RETRYABLE:
            retry_after = DEFAULT_RETRY_AFTER
        self.retry_after = retry_after

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


def invalid(text: str) -> ChatmountError:
    """INVALID_FIELD: a field of the request can't be used; `text` names it and says what it must be."""
    return ChatmountError(Reason.INVALID_FIELD, text)


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
            reason = Reason.__members__.get(info.reason.removeprefix(_WIRE_PREFIX))
        elif detail.Unpack(retry):
            retry_after = retry.retry_delay.seconds
    return None if reason is None else ChatmountError(reason, status.message, retry_after=retry_after)
