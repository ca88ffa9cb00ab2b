"""The UTC month that credits belong to and the UTC day that requests belong to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import ceil

EPOCH = date(1970, 1, 1)
DAY_SECONDS = 24 * 60 * 60
"""Of Unix time, which knows no leap seconds."""
MANY = 100
"""Days whose names are remembered: every operation of the ledger asks for that of today."""


@dataclass(frozen=True, slots=True)
class Period:
    """A moment's month (`2026-11`) and day (`2026-11-23`)."""

    month: str
    day: str


def period_of(now: float) -> Period:
    """The period that `now` (Unix seconds) lies in."""
    return _period(int(now // DAY_SECONDS))


@lru_cache(MANY)
def _period(days: int) -> Period:
    day = (EPOCH + timedelta(days)).isoformat()
    return Period(month=month_of(day), day=day)


def month_of(day: str) -> str:
    """The month of a day."""
    return day[:7]


def is_day(text: str) -> bool:
    """Whether a text is a day as `period_of` writes it."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def count_days(first: str, last: str) -> int:
    """How many days there are from one to another, both included; below 1 if `last` is earlier."""
    return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1


def days_of(month: str) -> tuple[str, str]:
    """The first and the last day that a month can have, as they are compared."""
    return f"{month}-01", f"{month}-31"


def next_day(now: float) -> datetime:
    """The next UTC midnight."""
    return datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def next_month(now: float) -> datetime:
    """The UTC midnight that begins the next month."""
    first = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=31)).replace(day=1)


def seconds_until(moment: datetime, now: float) -> int:
    """Whole seconds to wait from `now` until `moment` has come, at least 1."""
    return max(ceil(moment.timestamp() - now), 1)
