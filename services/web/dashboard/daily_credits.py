"""Credits by day and chatbot or channel: what a picture shows, and the table behind it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

MOST_SERIES = 5
"""More than these have no colours that people can tell apart; the rest is one."""
CHANNELS: Mapping[str, str] = {"api": "API", "playground": "Playground", "widget": "Widget"}


@dataclass(frozen=True, slots=True)
class Use:
    """What one chatbot, or one channel, has used in a day such as `2026-11-23`."""

    day: str
    by: str
    credits: int


@dataclass(frozen=True, slots=True)
class Series:
    """The credits of one chatbot or channel, day by day."""

    name: str
    credits: Sequence[int]

    @property
    def total(self) -> int:
        """Of all days."""
        return sum(self.credits)


@dataclass(frozen=True, slots=True)
class DailyCredits:
    """The days, oldest first, and their credits; the series with the most comes first."""

    days: Sequence[date]
    series: Sequence[Series]

    @property
    def totals(self) -> Sequence[int]:
        """Of each day."""
        return [sum(series.credits[place] for series in self.series) for place in range(len(self.days))]

    @property
    def total(self) -> int:
        """Of all days."""
        return sum(self.totals)


def by_chatbot(days: Sequence[date], uses: Iterable[Use], name_of: Callable[[str], str]) -> DailyCredits:
    """Of chatbots; those that used the least are one series if they are many."""
    parts = _parts(days, uses)
    series = [Series(name_of(chatbot_id), credits) for chatbot_id, credits in parts.items()]
    series.sort(key=lambda each: (-each.total, each.name))
    if len(series) > MOST_SERIES + 1:
        rest = series[MOST_SERIES:]
        sums = [sum(credits) for credits in zip(*(each.credits for each in rest), strict=True)]
        series[MOST_SERIES:] = [Series(f"{len(rest)} others", sums)]
    return DailyCredits(days, series)


def by_channel(days: Sequence[date], uses: Iterable[Use]) -> DailyCredits:
    """Of channels."""
    parts = _parts(days, uses)
    series = [Series(CHANNELS.get(channel, channel), credits) for channel, credits in parts.items()]
    return DailyCredits(days, sorted(series, key=lambda each: (-each.total, each.name)))


def _parts(days: Sequence[date], uses: Iterable[Use]) -> dict[str, list[int]]:
    counted: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for use in uses:
        if use.credits:
            counted[use.by][use.day] += use.credits
    names = [str(day) for day in days]
    return {by: [of_day[name] for name in names] for by, of_day in counted.items()}
