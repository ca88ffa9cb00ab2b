"""Requests that stay open for long: uploads, answers, and lists that are watched."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from services.errors import Text, refusal

AT_ONCE = 20
"""Of one person. Each holds a connection of the edge's, which has no more than a thousand for all people."""


class LongRequests:
    """Those that are open at this process."""

    def __init__(self) -> None:
        self._open = Counter[str]()

    @contextmanager
    def one_more(self, person_id: str) -> Iterator[None]:
        """Counts one until the block ends. OVERLOADED for a person who has too many."""
        if self._open[person_id] >= AT_ONCE:
            raise refusal(Text.LONG_REQUESTS, most=AT_ONCE)
        self._open[person_id] += 1
        try:
            yield
        finally:
            self._open[person_id] -= 1
            if not self._open[person_id]:
                del self._open[person_id]
