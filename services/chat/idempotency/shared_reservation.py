"""One reservation that every attempt at a request charges."""

import asyncio

from services.chat.background import insist
from services.chat.idempotency.entry import Attempt
from services.chat.reservation import Reservation
from services.chat.store.idempotency import IdempotencyStore
from services.clock import Clock, now_ms
from services.errors import Text, refusal
from services.ids import new_id


class SharedReservation(Reservation):
    """An attempt that was taken for dead and replaced has no say over the credit any more.

    `lease_ms`: until then no other attempt takes the entry over, by `clock`.
    """

    def __init__(
        self, store: IdempotencyStore, attempt: Attempt, reservation_id: str, clock: Clock, lease_ms: int
    ) -> None:
        super().__init__(reservation_id)
        self._store = store
        self._attempt = attempt
        self._clock = clock
        self._lease_ms = lease_ms
        self._is_inherited = reservation_id != attempt.reservation_id
        self._giving_up: asyncio.Task[bool] | None = None

    async def replace(self) -> None:
        """See Reservation. The new id is durable before it is used."""
        fresh = new_id("rsv")
        if not await self._store.move(self._attempt, fresh):
            raise refusal(Text.IDEMPOTENCY_TAKEN_OVER)
        self.id = fresh
        self._is_inherited = False

    async def renew(self, lease_ms: int) -> None:
        """Holds the entry until `lease_ms`."""
        # What is gone while the lease lasts was deleted, and nobody can take that over.
        if await self._store.renew(self._attempt, lease_ms) or self._lease_lasts():
            self._lease_ms = lease_ms

    async def give_up(self) -> bool:
        """See Reservation.

        The entry goes before the credit: from then on no attempt charges this reservation.

        What an attempt before this one was charged for stays charged, and the next one need not pay again. If it was
        not, the reservation ends by itself. Where the entry was deleted meanwhile, its credit is given back as well.
        """
        # Both the hold on the credit and the attempt end by it, and the first one's outcome is that of both.
        if self._giving_up is None:
            self._giving_up = asyncio.create_task(self._give_up())
        return await asyncio.shield(self._giving_up)

    async def leave(self) -> bool:
        """Lets the next attempt begin at once, for the same credit.

        False when the entry is not this attempt's any more.
        """
        return await insist(lambda: self._store.leave(self._attempt))

    async def _give_up(self) -> bool:
        if await insist(lambda: self._store.forget(self._attempt)):
            return True
        if await self.leave():
            return False
        # While the lease lasts, the entry was not taken over but deleted, and nobody else gives the credit back. Not so
        # one that an attempt before this may have been charged for.
        return self._lease_lasts() and not self._is_inherited

    def _lease_lasts(self) -> bool:
        return now_ms(self._clock) < self._lease_ms
