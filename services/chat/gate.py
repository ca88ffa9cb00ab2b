"""The gate before the work on a question: a flood is refused before all become slow."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.chat.metrics import QUESTIONS_AT_WORK, QUESTIONS_REFUSED
from services.errors import Text, refusal

FLOOD_SHARE = 4
"""In a flood, this part of the places is enough to keep all processors busy, and keeps those who wait in it few."""
BURST_TIMES = 8
"""So many times the places may be taken for a moment: visitors who all come at once wait, and are answered."""
BURST_SECONDS = 3.0
"""More questions at work than places for longer than this are a flood, and no burst."""
CALM_SECONDS = 2.0
"""A flood is over when nothing was refused for so long."""


class Gate:
    """Places for questions at work: from arrival until there is a credit, and passages.

    Waiting for a model takes no place. All `places` may be taken by callers who each wait for an answer before they ask
    again. More than that are a burst, and wait; or a flood, when there are very many or when it does not end. The end
    of a flood is awaited with fewer places, so that those who get one are answered soon.
    """

    def __init__(self, places: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._places = places
        self._places_in_flood = max(1, places // FLOOD_SHARE)
        self._clock = clock
        self._at_work = 0
        self._burst_since: float | None = None
        self._flood_until = clock()

    def check(self) -> None:
        """OVERLOADED when there is no place for one more question."""
        now = self._clock()
        if now < self._flood_until:
            is_full = self._at_work >= self._places_in_flood
        else:
            is_long = self._burst_since is not None and now - self._burst_since > BURST_SECONDS
            is_full = is_long or self._at_work >= self._places * BURST_TIMES
        if is_full:
            self._flood_until = now + CALM_SECONDS
            QUESTIONS_REFUSED.labels("chat").inc()
            raise refusal(Text.OVERLOADED)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A question at work; whether there is a place was checked."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A question at work that waits for a model."""
        self._count(-1)
        try:
            yield
        finally:
            self._count(1)

    def _count(self, change: int) -> None:
        self._at_work += change
        # Half: what comes and goes in waves is one burst.
        if self._at_work <= self._places // 2:
            self._burst_since = None
        elif self._burst_since is None and self._at_work > self._places:
            self._burst_since = self._clock()
        QUESTIONS_AT_WORK.inc(change)
