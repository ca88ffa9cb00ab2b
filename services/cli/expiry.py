"""When a key ends, as people write it."""

import re
from datetime import UTC, date, datetime, timedelta

import click


class Expiry(click.ParamType[int]):
    """A day (`2027-01-31`: through its last second, UTC) or an RFC 3339 time; becomes Unix seconds."""

    name = "time"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See the class."""
        if isinstance(value, int):
            return value
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                day = date.fromisoformat(value)
                moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, seconds=-1)
            else:
                moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a day (2027-01-31) nor a time (2027-01-31T12:00:00Z).", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} lacks its zone; write {value}Z for UTC, or an offset.", param, ctx)
        return int(moment.timestamp())
