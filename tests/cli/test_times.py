from datetime import UTC, datetime

import click
import pytest

from services.cli.options.times import Expiry, Interval, Moment
from tests.each import for_each

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


@pytest.fixture
def expiry() -> Expiry:
    return Expiry(lambda: NOW)


def test_a_day_means_through_its_last_second(expiry: Expiry) -> None:
    assert expiry.convert("2027-01-31", None, None) == datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC).timestamp()


def test_the_last_day_there_is_can_be_named(expiry: Expiry) -> None:
    assert expiry.convert("9999-12-31", None, None) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()


@for_each("text", ["2027-01-31T12:00:00Z", "2027-01-31T13:00:00+01:00"])
def test_a_time_is_taken_with_its_zone(expiry: Expiry, text: str) -> None:
    assert expiry.convert(text, None, None) == datetime(2027, 1, 31, 12, tzinfo=UTC).timestamp()


@for_each("text", ["soon", "2027-02-30", "2027-13-01", "2027-01-31T12:00:00", "２０２７-01-31", "1_000", ""])
def test_anything_else_is_refused(expiry: Expiry, text: str) -> None:
    with pytest.raises(click.BadParameter):
        expiry.convert(text, None, None)


@for_each("text", ["2026-11-23", "2026-11-23T12:00:01Z", "2026-11-23T13:00:01+01:00"])
def test_today_and_the_next_second_are_not_past(expiry: Expiry, text: str) -> None:
    assert expiry.convert(text, None, None) > NOW


@for_each(
    ("text", "hint"),
    [
        ("2020-01-01", "date in the future, such as 2026-11-24"),
        ("2026-11-22", "date in the future, such as 2026-11-24"),
        ("2026-11-23T12:00:00Z", "time in the future, such as 2026-11-24T12:00:00Z"),
        ("2026-11-23T12:59:59+01:00", "time in the future, such as 2026-11-24T12:00:00Z"),
    ],
)
def test_what_is_past_is_refused_in_the_form_it_was_written_in(expiry: Expiry, text: str, hint: str) -> None:
    with pytest.raises(click.BadParameter) as refusal:
        expiry.convert(text, None, None)
    assert refusal.value.message == f"{text!r} is past; give a {hint}."


@for_each(
    ("text", "moment"),
    [
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T12:00:00", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("2026-11-23T12:00:00.120Z", datetime(2026, 11, 23, 12, 0, 0, 120_000, tzinfo=UTC)),
        ("2026-11-23T12:00:00+02:00", datetime(2026, 11, 23, 10, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_people_write_them(text: str, moment: datetime) -> None:
    assert Moment().convert(text, None, None) == int(moment.timestamp() * 1000)


@for_each("text", ["", "now", "2026-13-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="neither a day"):
        Moment().convert(text, None, None)


@for_each(("text", "seconds"), [("1m", 60), ("90m", 5400), ("6h", 21_600), ("30d", 2_592_000)])
def test_an_interval_is_minutes_hours_or_days(text: str, seconds: int) -> None:
    assert Interval().convert(text, None, None) == seconds


@for_each(
    ("text", "why"),
    [("0m", "is not between 1m and 30d."), ("31d", "is not between 1m and 30d."), ("721h", "is not between")]
    + [(text, "is no interval such as 30m, 6h or 1d.") for text in ("6", "h", "6s", "-6h", "6 h", "1.5h", "6H", "٦h")],
)
def test_any_other_interval_is_refused(text: str, why: str) -> None:
    with pytest.raises(click.BadParameter) as refusal:
        Interval().convert(text, None, None)
    assert why in refusal.value.message
