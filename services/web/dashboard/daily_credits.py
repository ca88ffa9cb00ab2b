"""Credits by day and chatbot or channel: what a picture shows, and the table behind it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

MOST_SERIES = 5
"""More than these have no colours that people can tell apart; the rest is one."""
OTHERS = "All others"
CHANNELS: Mapping[str, str] = {"api": "API", "playground": "Playground", "widget": "Widget"}


@dataclass(frozen=True, slots=True)
class Use:
    """What one chatbot has used in a day through one channel; empty: all of them, or all others."""

    day: date
    chatbot_id: str
    channel: str
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


@dataclass(frozen=True)
class DailyCredits:
    """The days, oldest first, and their credits; the series with the most comes first."""

    days: Sequence[date]
    series: Sequence[Series]

    @cached_property
    def totals(self) -> Sequence[int]:
        """Of each day. Each is asked for by itself, and all are added up once."""
        return [sum(series.credits[place] for series in self.series) for place in range(len(self.days))]

    @property
    def total(self) -> int:
        """Of all days."""
        return sum(self.totals)


def by_chatbot(days: Sequence[date], uses: Iterable[Use], name_of: Callable[[str], str]) -> DailyCredits:
    """Told apart by chatbot. Those that are added up come last."""
    parts = _parts(days, uses, lambda use: use.chatbot_id)
    others = parts.pop("", None)
    series = [Series(name_of(chatbot_id), credits) for chatbot_id, credits in parts.items()]
    series.sort(key=lambda each: (-each.total, each.name))
    return DailyCredits(days, [*series, Series(OTHERS, others)] if others else series)


def by_channel(days: Sequence[date], uses: Iterable[Use]) -> DailyCredits:
    """Told apart by channel."""
    parts = _parts(days, uses, lambda use: use.channel)
    series = [Series(CHANNELS.get(channel, channel), credits) for channel, credits in parts.items()]
    return DailyCredits(days, sorted(series, key=lambda each: (-each.total, each.name)))


def _parts(days: Sequence[date], uses: Iterable[Use], key: Callable[[Use], str]) -> dict[str, list[int]]:
    counted: dict[str, Counter[date]] = {}
    for use in uses:
        if use.credits:
            counted.setdefault(key(use), Counter())[use.day] += use.credits
    return {name: [by_day[day] for day in days] for name, by_day in counted.items()}
