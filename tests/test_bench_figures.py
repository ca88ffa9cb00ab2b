"""What the measurements say of two runs: better, worse, or noise."""

import pytest

from bench.figures import BASELINE, chance_of_less, differences, verdict
from tests.each import for_each


def test_three_rounds_that_are_all_above_three_others_come_about_by_chance_in_one_of_ten() -> None:
    assert chance_of_less([1, 2, 3], [4, 5, 6]) == pytest.approx(0.1)
    assert chance_of_less([4, 5, 6], [1, 2, 3]) == pytest.approx(0.1)
    assert chance_of_less([1, 1, 1], [1, 1, 1]) == 1


@for_each(
    ("figure", "before", "after", "said"),
    [
        ("CPU-ms per answer", [5.0, 5.2, 5.1], [4.0, 4.1, 4.2], "better"),
        ("CPU-ms per answer", [4.0, 4.1, 4.2], [5.0, 5.2, 5.1], "worse"),
        ("answers/s, best", [400, 410, 420], [500, 510, 520], "better"),
        ("CPU-ms per answer", [4.0, 5.0, 6.0], [4.5, 5.5, 6.5], "noise"),
        ("CPU-ms per answer", [5.00, 5.01, 5.02], [4.97, 4.98, 4.99], "noise"),
        ("CPU-ms per answer", [5.0], [4.0], "noise"),
    ],
)
def test_a_difference_counts_when_it_is_sure_and_not_tiny(
    figure: str, before: list[float], after: list[float], said: str
) -> None:
    assert verdict(figure, before, after) == said


def test_a_slower_machine_is_no_difference_where_the_baseline_is_as_much_slower() -> None:
    figure, errors = "CPU-ms per answer, 8 callers", "errors, 8 callers"
    then = {BASELINE: {figure: [1.0, 1.1, 1.2]}, "split": {figure: [4.0, 4.4, 4.8], errors: [0, 0, 0]}}
    now = {BASELINE: {figure: [2.0, 2.2, 2.4]}, "split": {figure: [8.0, 8.8, 9.6], errors: [1, 2, 3]}}
    found = {each.figure: each for each in differences(then, now) if each.system == "split"}
    assert (found[figure].is_ratio, found[figure].after, found[figure].verdict) == (True, pytest.approx(4.0), "noise")
    assert (found[errors].is_ratio, found[errors].verdict) == (False, "worse")
