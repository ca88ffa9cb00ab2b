"""Batches over all concurrent calls that embed passages.

One document alone seldom has enough texts of a length.
"""

import asyncio
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

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


_NONE: Matrix = np.empty((0, 0), np.float32)


@dataclass(slots=True, eq=False)
class _Call:
    vectors: list[Matrix]
    missing: int
    done: asyncio.Future[None]


@dataclass(slots=True, eq=False)
class _Text:
    number: int
    row: Row
    call: _Call
    place: int
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
        """What `infer` makes of each row, in their order, and what it raises."""
        call = _Call([_NONE] * len(rows), len(rows), asyncio.Future())
        if not rows:
            return call.vectors
        for place, row in enumerate(rows):
            text = _Text(self._arrived, row, call, place)
            self._arrived += 1
            self._arrivals.append(text)
            insort(self._by_length, text, key=lambda waiting: waiting.order)
        self._start()
        try:
            await call.done
        finally:
            # Of a call that broke off nothing is computed any more.
            if call.missing:
                self._take([text for text in self._by_length if text.call is call])
        return call.vectors

    def _start(self) -> None:
        while self._idle and (batch := self._next()):
            self._idle -= 1
            self._tasks.start(self._run(batch), "embedding a batch")

    async def _run(self, batch: Sequence[_Text]) -> None:
        rows = [text.row for text in batch]
        try:
            vectors = await asyncio.get_running_loop().run_in_executor(self._executor, self._infer, rows)
        except BaseException as error:
            is_end = not isinstance(error, Exception)
            for call in {text.call for text in (*batch, *(self._by_length if is_end else ()))}:
                _fail(call.done, error)
            if is_end:
                raise
        else:
            for text, of_one in zip(batch, vectors, strict=True):
                _deliver(text, of_one)
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


def _deliver(text: _Text, vectors: Matrix) -> None:
    call = text.call
    call.vectors[text.place] = vectors
    call.missing -= 1
    if not call.missing and not call.done.done():
        call.done.set_result(None)


def _fail(done: asyncio.Future[None], error: BaseException) -> None:
    if done.done():
        return
    if isinstance(error, asyncio.CancelledError):
        done.cancel()
    else:
        done.set_exception(error)
