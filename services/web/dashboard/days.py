"""Days as forms send them: `2026-11-23`, in UTC."""

import re
from datetime import UTC, date, datetime, timedelta

_EPOCH = date(1970, 1, 1)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def day_in(text: str) -> date | None:
    """The day; None for anything else, and for days before 1970."""
    if not _DAY.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= _EPOCH else None


def day_of(seconds: float) -> date:
    """The day of a time in Unix seconds."""
    return datetime.fromtimestamp(seconds, UTC).date()


def first_second(day: date) -> int:
    """When it begins, in Unix seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def last_second(day: date) -> int:
    """When it ends, in Unix seconds."""
    return first_second(day) + int(timedelta(days=1).total_seconds()) - 1
