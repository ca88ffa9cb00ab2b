"""compose.yaml, as Docker Compose reads it."""

import itertools
import re
from typing import Any

from services.cli.processes import PROCESSES
from tests.pages import yaml_of

COMPOSE: dict[str, Any] = yaml_of("compose.yaml")
OURS = ("prepare", "cli", *PROCESSES, "envoy")
"""Containers of the image that is built here."""


def put_in(text: str, host: dict[str, str]) -> str:
    """`text` as Compose reads it: ${NAME:-text if unset}, ${NAME:+text if set}, $$."""
    result, rest = "", text
    while rest:
        before, dollar, rest = rest.partition("$")
        result += before
        if rest.startswith("$"):
            result, rest = result + "$", rest[1:]
        elif dollar:
            depths = itertools.accumulate({"{": 1, "}": -1}.get(character, 0) for character in rest)
            end = next(place for place, depth in enumerate(depths) if depth == 0)
            name, kind, default = re.fullmatch(r"\{(\w+)(:[-+])?(.*)", rest[:end], re.S).groups()  # type: ignore[union-attr]
            value = host.get(name, "")
            chosen = default if (kind == ":+" and value) or (kind == ":-" and not value) else ""
            result += put_in(chosen, host) if kind == ":+" or not value else value
            rest = rest[end + 1 :]
    return result


def environment(service: str, host: dict[str, str] | None = None) -> dict[str, str]:
    """What a container is given, with `host` as the environment of `docker compose`."""
    return {name: put_in(str(value), host or {}) for name, value in COMPOSE["services"][service]["environment"].items()}
