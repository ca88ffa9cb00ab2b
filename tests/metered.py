"""What a test adds to the metrics of its process, in which other tests may have left something behind."""

from collections.abc import Callable

from services.observe.metrics import REGISTRY


def metered(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def since_now(name: str, **labels: str) -> Callable[[], float]:
    """Tells how far a metric has moved since this call."""
    before = metered(name, **labels)
    return lambda: metered(name, **labels) - before
