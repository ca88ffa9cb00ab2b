"""The picture of credits by day: where each bar stands, for templates/chart.html to write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

from services.web.dashboard.daily_credits import DailyCredits

PLOT = 200
"""Height of the tallest bar that there is room for. Widths are shares: the picture is as wide as the page."""
ABOVE, BELOW = 16, 28
MOST_LINES = 4
BAR = 0.72
"""How much of a day's width its bar takes."""
LABELLED = 5
"""On a phone there is room for every fifth day."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The part of one series. `number`: of its colour, from 1."""

    number: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """A day. `is_over` is false for days to come, which have neither bars nor a zero."""

    day: date
    left: float
    bar_left: float
    middle: float
    says: str
    bars: Sequence[Bar]
    is_over: bool
    is_minor: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line across, and how many credits it stands for."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All of it. Lengths across are percents of the width, those upwards are pixels."""

    title: str
    description: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    bar_width: float
    column_width: float
    base: int = ABOVE + PLOT
    height: int = ABOVE + PLOT + BELOW


def draw(title: str, daily: DailyCredits, days: Sequence[date]) -> Chart:
    """The picture of `days`, of which `daily` knows those up to today."""
    top, step = _scale(max(daily.totals, default=0))
    width = 100 / len(days)
    return Chart(
        title=title,
        description=_description(daily),
        columns=[_column(daily, day, place, width, top) for place, day in enumerate(days)],
        lines=[Line(_y(value, top), short(value)) for value in range(0, top + 1, step)],
        bar_width=round(width * BAR, 3),
        column_width=round(width, 3),
    )


def short(value: int) -> str:
    """`900`, `12k`, `1.5M`: what has room beside a picture."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if value >= size:
            return f"{value / size:g}{unit}"
    return str(value)


def _column(daily: DailyCredits, day: date, place: int, width: float, top: int) -> Column:
    is_over = place < len(daily.days)
    bars, below = [], 0
    for number, series in enumerate(daily.series if is_over else (), 1):
        if credits := series.credits[place]:
            below += credits
            bars.append(Bar(number, _y(below, top), round(PLOT * credits / top, 2)))
    return Column(
        day=day,
        left=round(width * place, 3),
        bar_left=round(width * (place + (1 - BAR) / 2), 3),
        middle=round(width * (place + 0.5), 3),
        says=_says(daily, day, place) if is_over else "",
        bars=bars,
        is_over=is_over,
        is_minor=day.day != 1 and day.day % LABELLED != 0,
    )


def _says(daily: DailyCredits, day: date, place: int) -> str:
    parts = [f"{series.name} {series.credits[place]:,}" for series in daily.series if series.credits[place]]
    return f"{day}: {daily.totals[place]:,}" + (f" ({', '.join(parts)})" if parts else "")


def _description(daily: DailyCredits) -> str:
    most, day = max(zip(daily.totals, daily.days, strict=True), key=lambda each: each[0])
    return f"One bar for each day. In total {daily.total:,}; the most on {day}: {most:,}."


def _y(value: int, top: int) -> float:
    return round(ABOVE + PLOT - PLOT * value / top, 2)


def _scale(most: int) -> tuple[int, int]:
    """The number at the upper line, and the step between lines: 1, 2 or 5 with zeros."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if most <= step * MOST_LINES:
                return max(ceil(most / step), 1) * step, step
        size *= 10
