"""The public texts that no service raises: Envoy's own, and server reflection's."""

from enum import unique

from grpc import StatusCode

from services.errors.template import Template


@unique
class ReflectionText(Template):
    """What server reflection says, with the gRPC status. Like gRPC's own it has no ErrorInfo."""

    def __init__(self, status: StatusCode, template: str) -> None:
        self.status = status
        self.template = template

    STREAMS = (
        StatusCode.RESOURCE_EXHAUSTED,
        "An API key may have {maximum} reflection streams at a time: end one of them.",
    )
    MESSAGES = StatusCode.RESOURCE_EXHAUSTED, "A reflection stream may have {maximum} messages: open another one."
    MESSAGE_BYTES = StatusCode.INVALID_ARGUMENT, "A request of reflection may have {maximum} bytes."
    SECONDS = StatusCode.DEADLINE_EXCEEDED, "A reflection stream may take {maximum:g} s: open another one."


@unique
class EdgeText(Template):
    """What Envoy says itself, with the HTTP status."""

    def __init__(self, http_status: int, template: str) -> None:
        self.http_status = http_status
        self.template = template

    MALFORMED = 400, "The request is malformed."
    NOT_JSON = 400, "Request body is not valid JSON."
    NOT_AN_OBJECT = 400, 'Request body must be a JSON object such as {{"message": "How do I start?"}}.'
    HALF_CHARACTER = (
        400,
        "Field '{field}' has an unpaired surrogate escape (\\ud800 to \\udfff), which is half a character: "
        "write both halves one after the other, or the character itself.",
    )
    WRONG_TYPE = 400, "Field '{field}' must be {type}."
    REFUSED = 400, "The request was refused."
    NOT_FOUND = 404, "There is nothing here. The endpoint is POST /v1/chat."
    ONLY_GRPC = (
        404,
        "Only calls of gRPC methods are answered here (POST, Content-Type: application/grpc). "
        "Over REST, the endpoint is POST /v1/chat.",
    )
    METHOD_NOT_ALLOWED = 405, "Method not allowed: use POST."
    USE_GET = 405, "Method not allowed: use GET."
    USE_GET_OR_DELETE = 405, "Method not allowed: use GET or DELETE."
    TOO_LATE = 408, "The request did not arrive in time."
    BODY_TOO_LARGE = 413, "Request body must not be larger than {kib} KiB."
    FORM_TOO_LARGE = 413, "A form must not hold more than {kib} KiB. Make its texts shorter, or add them as a file."
    FOREIGN_FORM = (
        403,
        "This did not come from a page of the dashboard. Open the dashboard itself, and try again there.",
    )
    PAGE_TOO_SLOW = 504, "This took too long. Please try again."
    HEADERS_TOO_LARGE = 431, "The request's headers are too large."
