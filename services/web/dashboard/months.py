"""UTC months, as people choose among them."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of a year."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """The one that a day is in."""
        return cls(day.year, day.month)

    @property
    def name(self) -> str:
        """`2026-11`."""
        return f"{self.year:04}-{self.number:02}"

    @property
    def label(self) -> str:
        """`November 2026`."""
        return f"{self.first:%B} {self.year}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def before(self) -> "Month":
        """The one before."""
        return Month.of(self.first - timedelta(days=1))

    @property
    def days(self) -> Sequence[date]:
        """All of its days."""
        return [date(self.year, self.number, day + 1) for day in range(monthrange(self.year, self.number)[1])]


def today(now: float) -> date:
    """The UTC day of a moment in Unix seconds."""
    return datetime.fromtimestamp(now, UTC).date()


def months_since(begun: date, today: date) -> list[Month]:
    """From this month back to that of `begun`."""
    months = [Month.of(today)]
    while months[-1] > Month.of(begun):
        months.append(months[-1].before)
    return months
