"""Options that bring a default back."""

from typing import Any

import click


class OrDefault(click.ParamType[Any]):
    """What another type takes, or the word `default`, which becomes `value`: how the services spell it."""

    def __init__(self, other: click.ParamType[Any], value: float) -> None:
        self._other = other
        self._value = value
        self.name = f"{other.name} or 'default'"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See the class."""
        return self._value if value == "default" else self._other.convert(value, param, ctx)
