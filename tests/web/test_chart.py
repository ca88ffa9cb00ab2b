"""The picture of credits by day: what is drawn where, and what is one series."""

from datetime import date

from services.web.dashboard.chart import ABOVE, PLOT, draw, short
from services.web.dashboard.daily_credits import DailyCredits, Series, Use, by_channel, by_chatbot
from services.web.dashboard.months import Month, months_since
from tests.each import for_each

NOVEMBER = Month(2026, 11)
DAYS = NOVEMBER.days[:4]


def test_bars_stand_on_each_other_and_a_day_without_credits_is_there() -> None:
    daily = DailyCredits(DAYS, [Series("A", (10, 0, 0, 5)), Series("B", (30, 0, 0, 0))])
    chart = draw("Title", daily, NOVEMBER.days)
    first, second, *_, last = chart.columns
    assert [(bar.number, bar.y, bar.height) for bar in first.bars] == [(1, ABOVE + 150, 50), (2, ABOVE, 150)]
    assert first.says == "2026-11-01: 40 (A 10, B 30)"
    assert (second.is_over, second.bars, second.says) == (True, [], "2026-11-02: 0")
    assert (last.day, last.is_over, last.bars) == (date(2026, 11, 30), False, [])
    assert chart.description == "One bar for each day. In total 45; the most on 2026-11-01: 40."
    width = chart.column_width
    assert all(
        column.left < column.bar_left < column.bar_left + chart.bar_width < column.left + width
        for column in chart.columns
    )


@for_each(
    ("most", "labels"),
    [
        (0, ["0", "1"]),
        (1, ["0", "1"]),
        (5, ["0", "2", "4", "6"]),
        (40, ["0", "10", "20", "30", "40"]),
        (41, ["0", "20", "40", "60"]),
        (7_300, ["0", "2k", "4k", "6k", "8k"]),
        (2_000_000_000, ["0", "500M", "1000M", "1500M", "2000M"]),
    ],
)
def test_the_lines_are_round_numbers_and_the_upper_one_is_no_less_than_the_most(most: int, labels: list[str]) -> None:
    chart = draw("Title", DailyCredits(DAYS, [Series("A", (most, 0, 0, 0))]), NOVEMBER.days)
    assert [line.label for line in chart.lines] == labels
    assert (chart.lines[0].y, chart.lines[-1].y) == (ABOVE + PLOT, ABOVE)


def test_short_numbers_have_room() -> None:
    assert [short(number) for number in (0, 999, 1_500, 20_000, 5_000_000)] == ["0", "999", "1.5k", "20k", "5M"]


def test_what_is_added_up_comes_last_however_much_it_is() -> None:
    uses = [Use(DAYS[0], "bot_1", "", 1), Use(DAYS[0], "", "", 9), Use(DAYS[1], "bot_2", "", 3)]
    assert by_chatbot(DAYS, uses, str.upper).series == [
        Series("BOT_2", [0, 3, 0, 0]),
        Series("BOT_1", [1, 0, 0, 0]),
        Series("All others", [9, 0, 0, 0]),
    ]
    assert [series.name for series in by_chatbot(DAYS, uses[::2], str.upper).series] == ["BOT_2", "BOT_1"]


def test_channels_add_up_over_chatbots() -> None:
    uses = [Use(DAYS[0], "bot_1", "api", 2), Use(DAYS[0], "bot_2", "api", 3), Use(DAYS[1], "bot_1", "playground", 1)]
    assert by_channel(DAYS, uses).series == [Series("API", [5, 0, 0, 0]), Series("Playground", [0, 1, 0, 0])]


def test_months_go_back_to_the_first() -> None:
    months = months_since(date(2025, 12, 31), date(2026, 2, 1))
    assert [month.name for month in months] == ["2026-02", "2026-01", "2025-12"]
    assert (months[0].label, len(months[0].days), len(months[2].days)) == ("February 2026", 28, 31)
    # An account of the future, by a clock that was set back.
    assert [month.name for month in months_since(date(2027, 1, 1), date(2026, 2, 1))] == ["2026-02"]
