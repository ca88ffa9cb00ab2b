"""One answer to a request that is sent again: the first attempt makes it, all get it."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from pydantic import TypeAdapter

from services.chat.answer_parts import AnswerPart, Done
from services.chat.background import BackgroundWork
from services.chat.idempotency.entry import Attempt, Busy, Conflict, EntryState, Identity, Stored, Taken
from services.chat.idempotency.shared_reservation import SharedReservation
from services.chat.reservation import Reservation
from services.chat.store.idempotency import IdempotencyStore
from services.clock import Clock, now_ms
from services.errors import ChatmountError, Text, refusal
from services.ids import new_id
from services.named_locks import NamedLocks
from services.tasks import Tasks

logger = logging.getLogger("chatmount.chat")

LEASE_SECONDS = 10.0
RENEWAL_SECONDS = 3.0
# How often another replica's answer is looked for, by one request in the name of all that wait for it here.
FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.05, 0.5
HOUR_MS = 3_600_000

_PARTS = TypeAdapter(list[AnswerPart])


class MakeAnswer(Protocol):
    """Makes the answer, charging the credit of the reservation."""

    def __call__(self, *, reservation: Reservation) -> AsyncGenerator[AnswerPart, None]: ...


class IdempotentAnswers:
    """Answers to requests with an `Idempotency-Key`.

    What is known of them is in `store`, for so many `hours`.
    """

    def __init__(self, store: IdempotencyStore, background: BackgroundWork, clock: Clock, hours: int) -> None:
        self._store = store
        self._background = background
        self._clock = clock
        self._kept_ms = hours * HOUR_MS
        self._locks = NamedLocks()

    def since_ms(self) -> int:
        """Entries that were begun before this are over. Unix milliseconds."""
        return now_ms(self._clock) - self._kept_ms

    async def answer(self, identity: Identity, make: MakeAnswer) -> AsyncGenerator[AnswerPart, None]:
        """The parts of the answer, made now or before.

        IDEMPOTENCY_CONFLICT when the key stands for another body.
        """
        look = FIRST_LOOK_SECONDS
        while True:
            attempt = Attempt(identity, new_id("try"), new_id("rsv"))
            async with self._locks.of(identity):
                lease_ms = self._lease_ms()
                state = await self._begin(attempt, lease_ms)
                if isinstance(state, Taken):
                    reservation = self._reservation(attempt, state.reservation_id, lease_ms)
                    async with aclosing(self._attempt(attempt, reservation, make)) as parts:
                        async for part in parts:
                            yield part
                    return
                if isinstance(state, Busy):
                    # Another replica is at it.
                    await asyncio.sleep(look)
                    look = min(look * 1.5, LONGEST_LOOK_SECONDS)
            if isinstance(state, Conflict):
                raise refusal(Text.IDEMPOTENCY_CONFLICT)
            if isinstance(state, Stored):
                for part in _PARTS.validate_json(state.reply):
                    yield part
                return

    async def _begin(self, attempt: Attempt, lease_ms: int) -> EntryState:
        # In a task of its own: a client that leaves now must not leave an entry behind that nobody works on.
        begin = self._store.begin(attempt, now_ms(self._clock), self.since_ms(), lease_ms)
        beginning = asyncio.create_task(begin)
        try:
            return await asyncio.shield(beginning)
        except BaseException:
            self._background.start("end of an attempt", self._undo(attempt, lease_ms, beginning))
            raise

    async def _undo(self, attempt: Attempt, lease_ms: int, beginning: "asyncio.Task[EntryState]") -> None:
        # A store that did not answer may have done it all the same.
        await asyncio.wait({beginning})
        await self._reservation(attempt, attempt.reservation_id, lease_ms).give_up()

    async def _attempt(
        self, attempt: Attempt, reservation: SharedReservation, make: MakeAnswer
    ) -> AsyncGenerator[AnswerPart, None]:
        said: list[AnswerPart] = []
        is_finished = False

        async def renew() -> None:
            # A store that is away for longer than the lease costs this attempt its entry, and not its answer.
            await reservation.renew(self._lease_ms())

        try:
            async with Tasks() as tasks, aclosing(make(reservation=reservation)) as parts:
                tasks.every(RENEWAL_SECONDS, renew, "renewal of a lease")
                async for part in parts:
                    said.append(part)
                    if isinstance(part, Done):
                        # Before the client knows that the answer is whole: every repetition from then on gets it.
                        await self._finish(attempt, said)
                        is_finished = True
                    yield part
        finally:
            if not is_finished:
                end = reservation.leave() if said else reservation.give_up()
                self._background.start("end of an attempt", end)

    async def _finish(self, attempt: Attempt, said: list[AnswerPart]) -> None:
        """Stores the answer.

        A store that is down does not spoil it; the next attempt makes another, for the same credit.
        """
        try:
            await self._store.finish(attempt, _PARTS.dump_json(said).decode())
        except ChatmountError:
            logger.warning("an answer could not be stored under its Idempotency-Key")

    def _reservation(self, attempt: Attempt, reservation_id: str, lease_ms: int) -> SharedReservation:
        return SharedReservation(self._store, attempt, reservation_id, self._clock, lease_ms)

    def _lease_ms(self) -> int:
        return now_ms(self._clock) + int(LEASE_SECONDS * 1000)
