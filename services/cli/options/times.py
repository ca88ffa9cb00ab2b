"""Days and times as people write them."""

import re
from datetime import UTC, date, datetime, timedelta

import click

from services.clock import Clock, system_clock
from services.contract import SYNC_EVERY_SECONDS


class Expiry(click.ParamType[int]):
    """A day (`2027-01-31`: through its last second, UTC) or an RFC 3339 time, not past.

    Becomes Unix seconds.
    """

    name = "time"

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See the class."""
        if isinstance(value, int):
            return value
        is_day = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) is not None
        try:
            if is_day:
                day = date.fromisoformat(value)
                moment = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)
            else:
                moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a day (2027-01-31) nor a time (2027-01-31T12:00:00Z).", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} lacks its zone; write {value}Z for UTC, or an offset.", param, ctx)
        seconds = int(moment.timestamp())
        # Auth refuses it too, but speaks of Unix seconds, which nobody typed.
        if seconds <= self._clock():
            self.fail(f"{value!r} is past; give a {self._later(is_day)}.", param, ctx)
        return seconds

    def _later(self, is_day: bool) -> str:
        tomorrow = datetime.fromtimestamp(self._clock(), UTC) + timedelta(days=1)
        if is_day:
            return f"date in the future, such as {tomorrow:%Y-%m-%d}"
        return f"time in the future, such as {tomorrow:%Y-%m-%dT%H:%M:%SZ}"


class Interval(click.ParamType[int]):
    """How often: a number and `m`, `h` or `d`, as `6h`; 1 minute to 30 days. Becomes seconds."""

    name = "interval"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See the class."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"([0-9]{1,9})([mhd])", value)
        if match is None:
            self.fail(f"{value!r} is no interval such as 30m, 6h or 1d.", param, ctx)
        seconds = int(match[1]) * {"m": 60, "h": 3600, "d": 86_400}[match[2]]
        least, most = SYNC_EVERY_SECONDS
        if not least <= seconds <= most:
            self.fail(f"{value!r} is not between {least // 60}m and {most // 86_400}d.", param, ctx)
        return seconds


class Day(click.ParamType[str]):
    """A day, as `2026-11-23`."""

    name = "day"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """See the class."""
        try:
            day = date.fromisoformat(value).isoformat()
        except ValueError:
            day = ""
        if value != day:
            self.fail(f"{value!r} is no day such as 2026-11-23.", param, ctx)
        return value


class Moment(click.ParamType[int]):
    """A day (`2026-11-23`: its first moment) or a time, in UTC unless it has an offset.

    Becomes Unix milliseconds.
    """

    name = "time"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See the class."""
        if isinstance(value, int):
            return value
        try:
            moment = datetime.fromisoformat(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return int(moment.timestamp() * 1000)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is neither a day (2026-11-23) nor a time (2026-11-23T12:00:00Z).", param, ctx)
