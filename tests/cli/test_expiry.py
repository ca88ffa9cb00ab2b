from datetime import UTC, datetime

import click
import pytest

from services.cli.expiry import Expiry


def test_a_day_means_through_its_last_second() -> None:
    assert Expiry().convert("2027-01-31", None, None) == datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("text", ["2027-01-31T12:00:00Z", "2027-01-31T13:00:00+01:00"])
def test_a_time_is_taken_with_its_zone(text: str) -> None:
    assert Expiry().convert(text, None, None) == datetime(2027, 1, 31, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("text", ["soon", "2027-02-30", "2027-13-01", "2027-01-31T12:00:00", ""])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Expiry().convert(text, None, None)
