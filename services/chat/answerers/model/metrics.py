"""What operators watch of language models."""

from prometheus_client import Counter, Gauge, Histogram

from services.observe.metrics import REGISTRY, SECONDS

TRIES = Counter(
    "chatmount_model_tries_total",
    "Tries to get an answer from a provider, by how they ended.",
    ("outcome",),
    registry=REGISTRY,
)
FIRST_TOKEN_SECONDS = Histogram(
    "chatmount_model_first_token_seconds",
    "From the request to the first part of a provider's reply, thoughts included.",
    registry=REGISTRY,
    buckets=SECONDS,
)
CALLS_IN_FLIGHT = Gauge("chatmount_model_calls_in_flight", "Model calls that have a place.", registry=REGISTRY)
CALLS_WAITING = Gauge("chatmount_model_calls_waiting", "Model calls that wait for a place.", registry=REGISTRY)
PLACES = Gauge("chatmount_model_places", "Model calls that may be in flight at once.", registry=REGISTRY)
CALLS_SHED = Counter(
    "chatmount_model_calls_shed_total", "Model calls that were refused because there was no place.", registry=REGISTRY
)
