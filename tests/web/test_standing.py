"""How credits stand and what a month comes to: rules without a page."""

from itertools import product

from services.web.dashboard.standing import Forecast, Standing, forecast
from tests.each import for_each


@for_each(
    ("days", "left", "comes_to"),
    [
        ([10, 10, 10, 0], 1000, Forecast(300, 10, None)),
        # Three days at ten, tonight: 35 - 30 are left for the fourth.
        ([10, 10, 10, 10], 35, Forecast(300, 10, 8)),
        ([10, 10, 10, 10], 260, Forecast(300, 10, None)),
        ([10, 10, 10, 10], 259, Forecast(300, 10, 30)),
        ([10, 10, 0], 10, Forecast(300, 10, 4)),
        ([10, 10, 0], 9, Forecast(300, 10, 3)),
        ([10, 10, 0], 5, Forecast(300, 10, 3)),
        # A day with more than the others stands as it is; it is no pace as yet.
        ([1, 9], 100, Forecast(38, 1, None)),
        # Days before the first question are no days without any.
        ([0, 0, 4, 0, 2], None, Forecast(56, 2, None)),
        ([0, 1, 0, 0], None, Forecast(15, 0.5, None)),
    ],
)
def test_a_month_goes_on_as_it_has_begun(days: list[int], left: int | None, comes_to: Forecast) -> None:
    assert forecast(days, 30, left) == comes_to


@for_each("days", [[], [0], [7], [0, 0, 7]])
def test_there_is_no_forecast_before_a_day_with_questions_is_over(days: list[int]) -> None:
    assert forecast(days, 30, 10) is None


def test_credits_run_out_exactly_when_the_forecast_is_more_than_there_is() -> None:
    for *days, left in product(range(4), range(4), range(4), range(25)):
        comes_to = forecast(days, 9, left)
        if comes_to is not None:
            assert (comes_to.runs_out is not None) == (comes_to.total > sum(days) + left), (days, left)
            assert comes_to.runs_out is None or 3 <= comes_to.runs_out <= 9


@for_each(
    ("used", "reserved", "percent", "is_warned", "is_used_up"),
    [(79, 0, 79, False, False), (79, 1, 80, True, False), (100, 0, 100, True, True), (130, 0, 130, True, True)],
)
def test_people_are_warned_at_eighty_percent(
    used: int, reserved: int, percent: int, is_warned: bool, is_used_up: bool
) -> None:
    standing = Standing(used, reserved, granted=20, per_month=80, left=max(100 - used - reserved, 0))
    assert (standing.percent, standing.is_warned, standing.is_used_up) == (percent, is_warned, is_used_up)


def test_who_has_no_limit_is_never_warned_and_who_has_no_credits_has_none_left() -> None:
    unlimited = Standing(1_000_000, 0, 0, None, None)
    assert (unlimited.allowance, unlimited.is_warned, unlimited.is_used_up) == (None, False, False)
    assert Standing(0, 0, 0, 0, 0).is_used_up
