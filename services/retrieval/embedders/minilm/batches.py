"""Batches over all concurrent calls that embed passages.

One document alone seldom has enough texts of a length.
"""

import asyncio
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from services.retrieval.embedders.embedder import Matrix
from services.retrieval.embedders.minilm.rows import Row
from services.tasks import Tasks

MAX_ROWS = 16
MAX_TOKENS = 512
"""Padded tokens of a batch. Larger batches gain nothing on a CPU (their activations leave the cache) and make a query
that arrives meanwhile wait for a processor."""

WASTE = 8
"""Tokens of padding that are cheaper than a batch more: what the start of one costs."""

Infer = Callable[[Sequence[Row]], Sequence[Matrix]]


@dataclass(slots=True, eq=False)
class _Text:
    number: int
    row: Row
    vectors: asyncio.Future[Matrix]
    is_taken: bool = False

    @property
    def order(self) -> tuple[int, int]:
        return len(self.row), self.number


class PassageBatches:
    """Runs `infer` on `at_once` batches at a time.

    The text that has waited longest is always in the next one.
    """

    def __init__(self, infer: Infer, executor: Executor, at_once: int) -> None:
        self._infer = infer
        self._executor = executor
        self._idle = at_once
        self._arrived = 0
        self._arrivals: deque[_Text] = deque()
        self._by_length: list[_Text] = []
        self._tasks = Tasks()

    async def embed(self, rows: Sequence[Row]) -> list[Matrix]:
        """The vectors that `infer` makes of each row, in their order; raises what it raises."""
        texts = [_Text(self._arrived + place, row, asyncio.Future()) for place, row in enumerate(rows)]
        self._arrived += len(texts)
        self._arrivals.extend(texts)
        for text in texts:
            insort(self._by_length, text, key=lambda waiting: waiting.order)
        self._start()
        try:
            return await asyncio.gather(*(text.vectors for text in texts))
        except BaseException:
            # Of a call that broke off nothing is computed any more.
            self._take(texts)
            raise

    def _start(self) -> None:
        while self._idle and (batch := self._next()):
            self._idle -= 1
            self._tasks.start(self._run(batch), "embedding a batch")

    async def _run(self, batch: Sequence[_Text]) -> None:
        rows = [text.row for text in batch]
        waited_for = [text.vectors for text in batch]
        try:
            vectors = await asyncio.get_running_loop().run_in_executor(self._executor, self._infer, rows)
        except Exception as error:
            for one in waited_for:
                if not one.done():
                    one.set_exception(error)
        except BaseException:
            # The threads are gone: what waits is not computed any more either.
            for one in (*waited_for, *(text.vectors for text in self._by_length)):
                one.cancel()
            raise
        else:
            for one, of_one in zip(waited_for, vectors, strict=True):
                if not one.done():
                    one.set_result(of_one)
        finally:
            self._idle += 1
        self._start()

    def _next(self) -> list[_Text]:
        while self._arrivals and self._arrivals[0].is_taken:
            self._arrivals.popleft()
        if not self._arrivals:
            return []
        first = bisect_left(self._by_length, self._arrivals[0].order, key=lambda waiting: waiting.order)
        batch = self._by_length[slice(*_neighbours([len(text.row) for text in self._by_length], first))]
        self._take(batch)
        return batch

    def _take(self, texts: Sequence[_Text]) -> None:
        for text in texts:
            text.is_taken = True
        self._by_length = [text for text in self._by_length if not text.is_taken]


def _neighbours(lengths: Sequence[int], first: int) -> tuple[int, int]:
    """Start and end of the batch around `first` in `lengths`, which rise.

    The cheapest neighbour comes in next.
    """
    start, end = first, first + 1
    while end - start < MAX_ROWS:
        rows, longest = end - start, lengths[end - 1]
        below = longest - lengths[start - 1] if start else WASTE + 1
        above = (lengths[end] - longest) * rows if end < len(lengths) else WASTE + 1
        if min(below, above) > WASTE:
            break
        if max(longest, lengths[end] if above < below else 0) * (rows + 1) > MAX_TOKENS:
            break
        start, end = (start, end + 1) if above < below else (start - 1, end)
    return start, end
