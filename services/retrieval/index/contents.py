"""What an index holds, entry by entry: for comparing it with the store."""

from dataclasses import dataclass

PAGE = 1000
"""Entries read at a time."""


@dataclass(frozen=True, slots=True)
class IndexedEntry:
    """An entry as it is filed. `state` is one of those in `schema`."""

    version: str
    state: str
    has_vector: bool


def chatbot_of(filed_under: str) -> str:
    """The chatbot of the scope that an entry is filed under."""
    return filed_under.rpartition("/")[0]
