"""The sources that an answer shows."""

from collections.abc import Iterable

from services.chat.passages import Source

MAXIMUM_SOURCES = 3


def shown(sources: Iterable[Source]) -> tuple[Source, ...]:
    """At most three sources, unique by URL, in their order."""
    unique: dict[str, Source] = {}
    for source in sources:
        if source.url:
            unique.setdefault(source.url, source)
    return tuple(unique.values())[:MAXIMUM_SOURCES]
