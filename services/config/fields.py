"""Dataclasses whose fields are variables: each field is declared once, with how it is read."""

from collections.abc import Callable
from dataclasses import field, fields
from typing import Any, Concatenate, ParamSpec, TypeVar

from services.config.variables import Variables

Value = TypeVar("Value")
Arguments = ParamSpec("Arguments")
Read = Callable[Concatenate[Variables, str, Arguments], Value]


def setting(read: Read[Arguments, Value], *arguments: Arguments.args, **named: Arguments.kwargs) -> Value:
    """A field of the variable with its name; `read` is given that name and the arguments."""
    made: Value = _field(lambda variables, name: read(variables, name, *arguments, **named), shown=True)
    return made


def hidden(read: Read[Arguments, Value], *arguments: Arguments.args, **named: Arguments.kwargs) -> Value:
    """A `setting` that does not show when the settings are printed."""
    made: Value = _field(lambda variables, name: read(variables, name, *arguments, **named), shown=False)
    return made


def read_fields(settings: type[Value], variables: Variables, prefix: str = "") -> Value:
    """All fields of a dataclass, each from the variable of its name with `prefix` before it."""
    readers = {each.name: each.metadata["read"] for each in fields(settings)}  # type: ignore[arg-type]
    return settings(**{name: read(variables, prefix + name.upper()) for name, read in readers.items()})


def _field(read: Callable[[Variables, str], Any], shown: bool) -> Any:
    return field(repr=shown, metadata={"read": read})
