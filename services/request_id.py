"""The edge's id of a request, which every log line, call and reply of it carries."""

from contextvars import ContextVar

NO_REQUEST_ID = "-"
request_id: ContextVar[str] = ContextVar("request_id", default=NO_REQUEST_ID)
"""The edge's id of the request being served."""

REQUEST_ID_HEADER = "x-request-id"
