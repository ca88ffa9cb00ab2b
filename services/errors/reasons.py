"""The reasons of refusals, each with its gRPC status, HTTP status and headers."""

from enum import Enum

from grpc import StatusCode

# As the edge's transcoder maps them.
HTTP_STATUSES = {
    StatusCode.INVALID_ARGUMENT: 400,
    StatusCode.FAILED_PRECONDITION: 400,
    StatusCode.UNAUTHENTICATED: 401,
    StatusCode.PERMISSION_DENIED: 403,
    StatusCode.NOT_FOUND: 404,
    StatusCode.ALREADY_EXISTS: 409,
    StatusCode.ABORTED: 409,
    StatusCode.RESOURCE_EXHAUSTED: 429,
    StatusCode.INTERNAL: 500,
    StatusCode.UNAVAILABLE: 503,
    StatusCode.DEADLINE_EXCEEDED: 504,
}
DEFAULT_RETRY_AFTER = 1
"""Seconds, where a refusal that may pass by itself names no other."""

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
    SIGN_IN_FAILED = StatusCode.UNAUTHENTICATED
    SESSION_ENDED = StatusCode.UNAUTHENTICATED
    INVALID_TICKET = StatusCode.UNAUTHENTICATED
    ROLE_NOT_ALLOWED = StatusCode.PERMISSION_DENIED
    IP_NOT_ALLOWED = StatusCode.PERMISSION_DENIED
    PLAN_WITHOUT_API = StatusCode.PERMISSION_DENIED
    CHATBOT_DISABLED = StatusCode.PERMISSION_DENIED
    MEMBER_ROLE = StatusCode.PERMISSION_DENIED
    SITE_NOT_LISTED = StatusCode.PERMISSION_DENIED
    WIDGET_OFF = StatusCode.PERMISSION_DENIED
    NOT_FOUND = StatusCode.NOT_FOUND
    LINK_ENDED = StatusCode.NOT_FOUND
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

    @classmethod
    def named(cls, wire_name: str) -> "Reason | None":
        """The reason of this name in ErrorInfo; None for a name of another version."""
        return cls.__members__.get(wire_name.removeprefix(_WIRE_PREFIX))

    @property
    def wire_name(self) -> str:
        """Its name in error_reason.proto and in ErrorInfo."""
        return _WIRE_PREFIX + self.name

    @property
    def http_status(self) -> int:
        """The status that a REST client gets."""
        return HTTP_STATUSES[self.status]

    @property
    def retry_after(self) -> int | None:
        """Seconds to wait where the refusal names no others: 503 and 504 always say some."""
        return DEFAULT_RETRY_AFTER if self.status in {StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED} else None

    @property
    def limit(self) -> str:
        """X-RateLimit-Reason: minute, day, month, or nothing."""
        return self.name.removesuffix("_LIMIT").lower() if self.status == StatusCode.RESOURCE_EXHAUSTED else ""
