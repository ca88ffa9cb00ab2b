"""Numbers as people type them: plain digits.

Python also reads `1_000`, other alphabets' digits, `nan` and spaces.
"""

import re
from typing import Any

import click


class WholeNumber(click.IntRange):
    """A whole number within bounds."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See the class."""
        # More digits fit into no field of any service.
        if isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            self.fail(f"{value!r} is not a valid integer.", param, ctx)
        return super().convert(value, param, ctx)


class Number(click.FloatRange):
    """A number within bounds."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See the class."""
        if isinstance(value, str) and not re.fullmatch(r"[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})", value):
            self.fail(f"{value!r} is not a valid number.", param, ctx)
        return super().convert(value, param, ctx)


class Resettable(click.ParamType[Any]):
    """A number, or the word `default`, which becomes `reset`: what the services take for it."""

    def __init__(self, number: click.ParamType[Any], reset: float) -> None:
        self._number = number
        self._reset = reset
        self.name = f"{number.name} or 'default'"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See the class."""
        return self._reset if value == "default" else self._number.convert(value, param, ctx)
