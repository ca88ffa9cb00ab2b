"""What an answer costs: one credit, set aside before the work, charged when the first text leaves, else given back."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from services.chat.background import BackgroundWork
from services.chat.metrics import RESERVATIONS_HELD


@dataclass(frozen=True, slots=True)
class Usage:
    """What a request cost, and what its account has left this month (None: unlimited)."""

    credits_used: int
    credits_remaining: int | None


class ReservationLost(Exception):
    """The reservation has expired or was given back; it can't be charged any more."""


class Credits(Protocol):
    """The credit ledger, for the account of the call being served. `ChatmountError` when it refuses or is down."""

    async def reserve(self) -> str:
        """Sets one credit aside; returns the reservation's id."""
        ...

    async def settle(self, reservation_id: str) -> Usage:
        """Charges a reservation, patiently: the answer is already there. ReservationLost when it can't be charged."""
        ...

    async def release(self, reservation_id: str) -> None:
        """Gives a reservation back, also a charged one, very patiently."""
        ...


class Hold:
    """One request's credit. Either `charge` and `keep` are called, or `let_go`."""

    def __init__(self, ledger: Credits, background: BackgroundWork) -> None:
        self._ledger = ledger
        self._background = background
        self._reserving: asyncio.Task[str] | None = None
        self._kept = False
        self._counted = False

    async def reserve(self) -> str:
        """Sets the credit aside. Cancelling the wait leaves nothing behind: what was reserved is let go."""
        # A task of its own: a call cancelled on its way may have reserved, and only its reply knows the id.
        self._reserving = asyncio.create_task(self._ledger.reserve())
        self._count(held=True)
        return await asyncio.shield(self._reserving)

    async def charge(self) -> Usage:
        """Charges the credit; reserves anew when the answer took so long that the reservation is gone."""
        if self._reserving is None:
            raise ValueError("nothing is reserved")
        try:
            return await self._ledger.settle(await self._reserving)
        except ReservationLost:
            return await self._ledger.settle(await self.reserve())

    def keep(self) -> None:
        """From now on text leaves: what was charged stays charged."""
        self._kept = True
        self._count(held=False)

    def let_go(self) -> None:
        """Gives the credit back, in the background, unless it is kept."""
        if self._reserving is not None and not self._kept:
            released = self._background.start("release of a credit", self._release(self._reserving))
            if released is None:
                self._count(held=False)
            else:
                released.add_done_callback(lambda _: self._count(held=False))

    async def _release(self, reserving: "asyncio.Task[str]") -> None:
        # A failed reservation was the caller's to report.
        await asyncio.wait({reserving})
        if not reserving.cancelled() and reserving.exception() is None:
            await self._ledger.release(reserving.result())

    def _count(self, *, held: bool) -> None:
        if held != self._counted:
            RESERVATIONS_HELD.inc(1 if held else -1)
            self._counted = held
