"""Prefixes that a model was trained with, and the name of its vectors in an index."""

import json
from dataclasses import dataclass

_WITH_PREFIXES = " with the prefixes "


@dataclass(frozen=True, slots=True)
class Prefixes:
    """In front of questions and of passages; a space is put behind each. Empty: nothing."""

    query: str = ""
    passage: str = ""


NO_PREFIXES = Prefixes()


def prefixed(prefix: str, text: str) -> str:
    """A text with its prefix in front."""
    return f"{prefix} {text}" if prefix else text


def embedder_name(model: str, prefixes: Prefixes) -> str:
    """What an index calls the vectors of a model that is asked with these prefixes."""
    with_prefixes = _WITH_PREFIXES + json.dumps([prefixes.query, prefixes.passage]) if prefixes != NO_PREFIXES else ""
    return f"endpoint/{model}{with_prefixes}"


def named(name: str) -> tuple[str, Prefixes] | None:
    """The model and the prefixes that a name stands for; None for the name of another embedder."""
    kind, _, rest = name.partition("/")
    model, _, prefixes = rest.partition(_WITH_PREFIXES)
    if kind != "endpoint":
        return None
    return model, Prefixes(*json.loads(prefixes)) if prefixes else NO_PREFIXES
