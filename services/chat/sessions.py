"""Conversations as they are kept, and how much of one fits in a reply."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from services.chat.trace import Trace
from services.ids import new_id
from services.trust.principal import Channel

PLAYGROUND_PREFIX = "ply"
MAXIMUM_FIRST_QUESTION = 200
# Half of what gRPC lets a message have, so that a page of turns always fits in one.
PAGE_BYTES = 2 * 1024 * 1024


class Rating(Enum):
    """What a visitor thinks of an answer."""

    UNSPECIFIED = ""
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Answered:
    """One question and its answer, as every channel writes them down.

    `completed_ms`: Unix milliseconds of the answer's end. `broken_off`: the answer is what had left when it broke off.
    """

    question: str
    answer: str
    source_urls: tuple[str, ...]
    request_id: str
    completed_ms: int
    broken_off: bool = False


@dataclass(frozen=True, slots=True)
class Turn(Answered):
    """One question and its answer, with what is kept for visitors and of them.

    `source_titles`: one for each URL, or none where they were not kept.
    """

    source_titles: tuple[str, ...] = ()
    rating: Rating = Rating.UNSPECIFIED
    rating_comment: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All that it holds of what people and pages have written."""
        return self.question, self.answer, *self.source_urls, *self.source_titles, self.rating_comment


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation; times in Unix milliseconds. `key`: the number of its row."""

    key: int
    id: str
    created_ms: int
    last_used_ms: int
    turns: int
    channel: Channel
    first_question: str


@dataclass(frozen=True, slots=True)
class ExportedTurn:
    """A turn and its place: its number in the session, from 1."""

    session_id: str
    number: int
    turn: Turn


@dataclass(frozen=True, slots=True)
class TracedTurn:
    """The turn of a request, and how it came about.

    Of a request that failed before it had a turn, the question. `session_id` is empty for a question without one
    that failed. `number`: of the turn in its session; 0 for a request that has none.
    """

    chatbot_id: str
    session_id: str
    turn: Turn
    trace: Trace | None
    number: int = 0


def new_session_id(channel: Channel) -> str:
    """The id of a conversation that the caller has not named."""
    return new_id(PLAYGROUND_PREFIX if channel == Channel.PLAYGROUND else "ses")


def fitting(entries: Sequence[Sequence[str]], maximum_bytes: int = PAGE_BYTES) -> int:
    """How many of `entries`, each of some texts, fit in one reply; at least one if there is any."""
    size = 0
    for number, texts in enumerate(entries):
        size += sum(len(text.encode()) for text in texts)
        if number and size > maximum_bytes:
            return number
    return len(entries)
