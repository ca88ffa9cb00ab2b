"""A template with values in place of its placeholders."""

from collections.abc import Mapping
from typing import Any

Config = dict[str, Any]


def filled(part: Any, values: Mapping[str, Any]) -> Any:
    """`part` with values for its placeholders. KeyError for one without a value.

    A member whose value is None is left out. An element `$name: [...]` of a list is these elements, or none when the
    value is false.
    """
    if isinstance(part, dict):
        members = {name: filled(member, values) for name, member in part.items()}
        return {name: member for name, member in members.items() if member is not None}
    if isinstance(part, list):
        return [each for element in part for each in _elements(element, values)]
    return values[part[1:]] if isinstance(part, str) and part.startswith("$") else part


def _elements(element: Any, values: Mapping[str, Any]) -> list[Any]:
    if isinstance(element, dict) and len(element) == 1:
        ((name, group),) = element.items()
        if name.startswith("$"):
            return list(filled(group, values)) if values[name[1:]] else []
    return [filled(element, values)]
