"""What operators watch of the credit ledger."""

from prometheus_client import Counter, Gauge, Histogram

from services.observe.metrics import REGISTRY, SECONDS
from services.quota.ledger.book import Changes
from services.quota.ledger.entry import State

CREDITS_RESERVED = Counter("chatmount_credits_reserved_total", "Credits that were set aside.", registry=REGISTRY)
CREDITS_SETTLED = Counter("chatmount_credits_settled_total", "Credits that were charged.", registry=REGISTRY)
CREDITS_RELEASED = Counter(
    "chatmount_credits_released_total", "Credits that were given back, reserved or charged.", registry=REGISTRY
)
CREDITS_EXPIRED = Counter(
    "chatmount_credits_expired_total",
    "Credits that were given back because nobody settled or released them in time.",
    registry=REGISTRY,
)
CREDITS_GRANTED = Counter(
    "chatmount_credits_granted_total", "Credits that operators gave to accounts.", registry=REGISTRY
)
LEDGER_BATCH_SIZE = Histogram(
    "chatmount_ledger_batch_size",
    "Operations that shared one transaction of the ledger.",
    registry=REGISTRY,
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
LEDGER_COMMIT_SECONDS = Histogram(
    "chatmount_ledger_commit_seconds",
    "How long the ledger's transactions took until they were durable.",
    registry=REGISTRY,
    buckets=SECONDS,
)
LEDGER_WAITING = Gauge(
    "chatmount_ledger_waiting", "Operations that wait for a transaction of the ledger.", registry=REGISTRY
)

_DECIDED = {
    State.SETTLED: CREDITS_SETTLED,
    State.RELEASED: CREDITS_RELEASED,
    State.EXPIRED: CREDITS_EXPIRED,
}


def count_credits(changes: Changes) -> None:
    """Counts what a transaction did, once it is durable. What changed nothing is not counted."""
    for entry in changes.added:
        (CREDITS_GRANTED if entry.state is State.GRANTED else CREDITS_RESERVED).inc(entry.amount)
    for entry in [*changes.added, *changes.decided]:
        if entry.state in _DECIDED:
            _DECIDED[entry.state].inc(entry.amount)
