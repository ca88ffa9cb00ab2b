"""What keeps midnight out of tests."""

from datetime import date

from tests.one_day import within_one_day

EVE, DAY = date(2026, 11, 30), date(2026, 12, 1)


def test_what_midnight_interrupts_is_done_again() -> None:
    looks, done = iter((EVE, DAY, DAY, DAY)), iter(("half", "whole", "too much"))
    assert within_one_day(lambda: next(done), lambda: next(looks)) == "whole"
