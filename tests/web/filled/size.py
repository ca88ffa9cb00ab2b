"""How much there is, and whose it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DAY_MS = 86_400_000
DAYS = 28
"""Conversations end by themselves after thirty."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of everything that there are many of.

    All sources and turns are of one chatbot, which makes its pages the dearest.
    """

    chatbots: int = 100
    sources: int = 1_000
    turns: int = 100_000
    turns_of_session: int = 4
    pairs: int = 500
    keys: int = 15
    people: int = 200
    accounts: int = 1_000
    events: int = 20_000


@dataclass(frozen=True, slots=True)
class Owned:
    """An account, its chatbot that has the most, and who looks at it."""

    account_id: str
    chatbot_id: str
    user_id: str
    other_chatbots: tuple[str, ...]
    now_ms: int

    def when(self, place: int, of: int) -> int:
        """Unix milliseconds of one of many things, which are spread over the days before now; the last is now."""
        return self.now_ms - (of - 1 - place) * DAYS * DAY_MS // of


Columns = Mapping[str, Any]
Rows = Iterator[tuple[Any, Sequence[Columns]]]
"""Tables with rows to add."""
