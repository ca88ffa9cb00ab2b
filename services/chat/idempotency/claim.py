"""The credit of a request that may come again: every attempt at it charges one and the same reservation."""

import asyncio

from services.chat.background import insist
from services.chat.idempotency.entries import Entries
from services.chat.idempotency.identity import Identity
from services.errors import Text, refusal
from services.ids import new_id


class SharedClaim:
    """See `Claim`. An attempt that was taken for dead and replaced has no say over the credit any more."""

    def __init__(self, entries: Entries, identity: Identity, attempt_id: str, reservation_id: str) -> None:
        self._entries = entries
        self._identity = identity
        self._attempt_id = attempt_id
        self._reservation_id = reservation_id
        self._giving_up: asyncio.Task[bool] | None = None

    @property
    def reservation_id(self) -> str:
        """See Claim."""
        return self._reservation_id

    async def another(self) -> str:
        """See Claim. The new id is durable before it is used."""
        fresh = new_id("rsv")
        if not await self._entries.move(self._identity, self._attempt_id, fresh):
            raise refusal(Text.IDEMPOTENCY_TAKEN_OVER)
        self._reservation_id = fresh
        return fresh

    async def give_up(self) -> bool:
        """See Claim. The entry goes before the credit: from then on nobody charges this reservation.

        What an attempt before this one was charged for stays charged, and the next one need not pay again. If it was
        not, the reservation ends by itself.
        """
        if self._giving_up is None:
            self._giving_up = asyncio.create_task(self._give_up())
        return await asyncio.shield(self._giving_up)

    async def leave(self) -> None:
        """Lets the next attempt begin at once, for the same credit."""
        await insist(lambda: self._entries.leave(self._identity, self._attempt_id))

    async def _give_up(self) -> bool:
        if await insist(lambda: self._entries.forget(self._identity, self._attempt_id)):
            return True
        await self.leave()
        return False
