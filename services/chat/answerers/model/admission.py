"""Limits on model calls in flight, so that no chatbot's burst shuts the others out."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.chat.answerers.model.metrics import CALLS_IN_FLIGHT, CALLS_SHED
from services.errors import ChatmountError, Text, refusal

QUEUE_SECONDS = 1.0
# Of the places, one in so many is kept from a chatbot that has all the others.
KEPT_SHARE = 8


class Admission:
    """`places` model calls at once.

    One chatbot alone may have all but an eighth of them. When none is free a call waits, at most `queue_seconds`, and
    there wait no more than there are places: the chatbot with the fewest calls in flight is served first, and where too
    many wait, the last of the chatbot with the most waiting is refused.
    """

    def __init__(self, places: int, queue_seconds: float = QUEUE_SECONDS) -> None:
        self._places = places
        self._share = places - places // KEPT_SHARE if places >= KEPT_SHARE else max(1, places - 1)
        self._queue_seconds = queue_seconds
        self._in_flight: Counter[str] = Counter()
        # In the order in which chatbots began to wait.
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def in_flight(self) -> int:
        return self._in_flight.total()

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def place(self, chatbot_id: str) -> AsyncIterator[None]:
        """A place until the block is left. OVERLOADED when there is none, now or soon."""
        if self.may_begin(chatbot_id):
            self._in_flight[chatbot_id] += 1
        else:
            await self._wait(chatbot_id)
        CALLS_IN_FLIGHT.inc()
        try:
            yield
        finally:
            CALLS_IN_FLIGHT.dec()
            self._leave(chatbot_id)

    def may_begin(self, chatbot_id: str) -> bool:
        """Whether a call would begin at once."""
        return self.in_flight < self._places and self._in_flight[chatbot_id] < self._share

    async def _wait(self, chatbot_id: str) -> None:
        if self.waiting >= self._places:
            self._refuse_one(chatbot_id)
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(chatbot_id, deque()).append(waiter)
        try:
            async with asyncio.timeout(self._queue_seconds):
                await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                # Its turn came while it was leaving.
                self._leave(chatbot_id)
            self._forget(chatbot_id, waiter)
            if isinstance(error, TimeoutError):
                raise overloaded() from error
            raise

    def _refuse_one(self, chatbot_id: str) -> None:
        longest = max(self._waiting, key=lambda each: len(self._waiting[each]))
        if len(self._waiting[longest]) <= len(self._waiting.get(chatbot_id, ())) + 1:
            raise overloaded()
        last = self._waiting[longest].pop()
        if not last.done():
            last.set_exception(overloaded())

    def _leave(self, chatbot_id: str) -> None:
        self._in_flight[chatbot_id] -= 1
        if not self._in_flight[chatbot_id]:
            del self._in_flight[chatbot_id]
        while self._waiting and (following := self._next()) is not None:
            turn = self._waiting[following].popleft()
            if not self._waiting[following]:
                del self._waiting[following]
            if not turn.done():
                self._in_flight[following] += 1
                turn.set_result(None)

    def _next(self) -> str | None:
        """The chatbot that may begin: the fewest calls in flight, then the longest wait."""
        able = [chatbot_id for chatbot_id in self._waiting if self.may_begin(chatbot_id)]
        return min(able, key=lambda each: self._in_flight[each], default=None)

    def _forget(self, chatbot_id: str, waiter: "asyncio.Future[None]") -> None:
        queue = self._waiting.get(chatbot_id)
        if queue and waiter in queue:
            queue.remove(waiter)
        if queue is not None and not queue:
            self._waiting.pop(chatbot_id, None)


def overloaded() -> ChatmountError:
    """The refusal of a call for which there is no place."""
    CALLS_SHED.inc()
    return refusal(Text.MODEL_BUSY)
