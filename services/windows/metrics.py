"""What operators watch of the minute windows."""

from prometheus_client import Counter, Gauge

from services.observe.metrics import REGISTRY

REDIS_AWAY = Gauge(
    "chatmount_redis_away",
    "1 while this process counts minute windows by itself because Redis is away, else 0.",
    registry=REGISTRY,
)
FALLBACK_DECISIONS = Counter(
    "chatmount_window_fallback_decisions_total",
    "Decisions about minute windows that were made without Redis although it is configured.",
    registry=REGISTRY,
)
