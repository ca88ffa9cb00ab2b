"""Conversations: what is kept of them, for how long, and how they are listed."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.chat.trace import Trace

# Half of what gRPC lets a message have, so that a page of turns always fits in one.
PAGE_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer.

    `completed_ms`: Unix milliseconds. `broken_off`: the answer is what had left when it broke off. `trace`: how it came
    about; None where that was not asked for, and for turns of versions that did not write it down.
    """

    question: str
    answer: str
    source_urls: tuple[str, ...]
    request_id: str
    completed_ms: int
    broken_off: bool = False
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation; times in Unix milliseconds. `key`: the number of its row."""

    key: int
    id: str
    created_ms: int
    last_used_ms: int
    turns: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A turn and its place: its number in the session, from 1."""

    session_id: str
    number: int
    turn: Turn


def fitting(turns: Sequence[Turn], maximum_bytes: int = PAGE_BYTES) -> tuple[Turn, ...]:
    """The first of `turns` that fit in one reply, at least one if there is any."""
    size, kept = 0, 0
    for turn in turns:
        size += sum(len(text.encode()) for text in (turn.question, turn.answer, *turn.source_urls))
        if kept and size > maximum_bytes:
            break
        kept += 1
    return tuple(turns[:kept])


@dataclass(frozen=True, slots=True)
class Found:
    """A turn that was looked for by its request, or the question of a request that failed before it had a turn.

    `session_id` is None for a question without one that failed.
    """

    chatbot_id: str
    session_id: str | None
    turn: Turn
