"""Days and months for tests of what is counted by them (UTC), whenever the tests run."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar

T = TypeVar("T")


def utc_day() -> date:
    """Today."""
    return datetime.now(UTC).date()


def within_one_day(do: Callable[[], T], today: Callable[[], date] = utc_day) -> T:
    """What `do` returns that began and ended on one day: it is done again if midnight came in between."""
    while True:
        began, done = today(), do()
        if today() == began:
            return done
