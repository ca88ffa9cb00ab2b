"""Time that a test turns by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass
class TurnedClock:
    """A clock that stands still until it is set."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def at(text: str) -> float:
    """`2026-11-23 10:00:00` (UTC) as Unix seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
