"""Visitors whom a widget has refused, as its page tells of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

# In the order in which a question passes them.
_WORDS = {
    "site": "The page is on no site of the list",
    "address": "Too many in a minute from one address",
    "widget": "Too many in a minute from all visitors together",
    "day": "The budget of the day, or the chatbot's daily cap, was used up",
    "month": "The credits of the account were used up",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """Requests refused for one reason, in words, in this UTC day and in the last seven."""

    why: str
    today: int
    week: int


def refusals(messages: Iterable[Any]) -> Sequence[Refused]:
    """From messages of Auth or Quota, in the order in which a question passes them."""
    by_reason = {message.reason: message for message in messages}
    return [
        Refused(words, by_reason[reason].today, by_reason[reason].week)
        for reason, words in _WORDS.items()
        if reason in by_reason
    ]
