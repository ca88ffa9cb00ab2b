"""What operators watch of the web process."""

from prometheus_client import Counter, Histogram

from services.observe.metrics import REGISTRY, SECONDS

PAGES = Counter(
    "chatmount_web_requests_total",
    "Requests that have been answered, by the path as the code knows it, without ids, and HTTP status.",
    ("path", "status"),
    registry=REGISTRY,
)
PAGE_SECONDS = Histogram(
    "chatmount_web_request_duration_seconds",
    "How long requests took, to the last byte of their reply.",
    ("path",),
    registry=REGISTRY,
    buckets=SECONDS,
)
