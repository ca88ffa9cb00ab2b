"""Times that narrow a list, as people write them."""

from datetime import UTC, datetime

import click


class Moment(click.ParamType[int]):
    """A day (`2026-11-23`: its first moment) or a time (`2026-11-23T12:00:00`), UTC without an offset of its own.

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
