"""What operators watch of answers."""

from prometheus_client import Counter, Gauge

from services.observe.metrics import REGISTRY

TOKENS_STREAMED = Counter(
    "chatmount_tokens_streamed_total", "Token events that were sent in streamed answers.", registry=REGISTRY
)
RESERVATIONS_HELD = Gauge(
    "chatmount_reservations_held",
    "Credits that requests being worked on hold and have neither charged nor given back yet.",
    registry=REGISTRY,
)
QUESTIONS_AT_WORK = Gauge(
    "chatmount_questions_at_work",
    "Questions that have a place: those before their answer is written, but for the ones that wait for a model.",
    registry=REGISTRY,
)
QUESTIONS_REFUSED = Counter(
    "chatmount_questions_refused_total",
    "Questions that were refused in a flood, by what refused them: chat, or the edge before chat was asked.",
    ("by",),
    registry=REGISTRY,
)
BACKGROUND_JOBS = Gauge(
    "chatmount_background_jobs",
    "Work that goes on after its reply was sent, such as giving a credit back or writing down a turn.",
    registry=REGISTRY,
)
BACKGROUND_FAILURES = Counter(
    "chatmount_background_failures_total", "Such work that failed for good.", registry=REGISTRY
)
