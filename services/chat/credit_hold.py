"""One request's credit in the ledger, from its reservation to its charge or release."""

from services.chat.background import BackgroundWork
from services.chat.clients.quota import QuotaClient
from services.chat.metrics import RESERVATIONS_HELD
from services.chat.reservation import CreditUsage, Reservation, ReservationLost
from services.errors import ChatmountError, Reason

# After these the credit may be set aside all the same. So it may be where the ledger is down: but that reservation
# expires, and no user waits until the ledger is back.
_MAYBE_RESERVED = frozenset({Reason.TOO_SLOW, Reason.INTERNAL})


class CreditHold:
    """The credit of a request in work.

    Either `charge` and `keep` are called, or `let_go`.
    """

    def __init__(self, quota: QuotaClient, background: BackgroundWork, reservation: Reservation) -> None:
        self._quota = quota
        self._background = background
        self._reservation = reservation
        self._held = False

    async def reserve(self) -> None:
        """Sets the credit aside.

        Cancelling the wait leaves nothing behind: what was reserved is let go.
        """
        # From here on it may be reserved, whether or not the reply arrives.
        self._held = True
        RESERVATIONS_HELD.inc()
        try:
            try:
                await self._quota.reserve(self._reservation.id)
            except ReservationLost:
                await self._reserve_another()
        except ChatmountError as refusal:
            if refusal.reason not in _MAYBE_RESERVED:
                self.keep()
            raise

    async def charge(self) -> CreditUsage:
        """Charges the credit; reserves another when the answer took so long that the first is gone."""
        try:
            return await self._quota.settle(self._reservation.id)
        except ReservationLost:
            await self._reserve_another()
            return await self._quota.settle(self._reservation.id)

    def keep(self) -> None:
        """From now on there is nothing to give back: what was charged stays charged."""
        if self._held:
            self._held = False
            RESERVATIONS_HELD.dec()

    def let_go(self) -> None:
        """Gives the credit back, in the background, unless it is kept."""
        if self._held:
            self._held = False
            released = self._background.start("release of a credit", self._release())
            released.add_done_callback(lambda _: RESERVATIONS_HELD.dec())

    async def _reserve_another(self) -> None:
        await self._reservation.replace()
        await self._quota.reserve(self._reservation.id)

    async def _release(self) -> None:
        if await self._reservation.give_up():
            await self._quota.release(self._reservation.id)
