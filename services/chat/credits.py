"""What an answer costs: one credit, set aside before the work, charged when text leaves, else given back."""

from dataclasses import dataclass
from typing import Protocol

from services.chat.background import BackgroundWork
from services.chat.metrics import RESERVATIONS_HELD
from services.errors import ChatmountError, Reason, Text, refusal
from services.ids import new_id

CREDITS_OF_AN_ANSWER = 1


@dataclass(frozen=True, slots=True)
class Usage:
    """What a request cost, and what its account has left this month (None: unlimited)."""

    credits_used: int
    credits_remaining: int | None


class ReservationLost(Exception):
    """The reservation has expired or was given back; it can't be charged any more."""


class Credits(Protocol):
    """The credit ledger, for the account of the call being served. `ChatmountError` when it refuses or is down."""

    async def reserve(self, reservation_id: str) -> None:
        """Sets one credit aside under this id, once however often it is asked. ReservationLost when that is over."""
        ...

    async def settle(self, reservation_id: str) -> Usage:
        """Charges a reservation, patiently: the answer is already there. ReservationLost when it can't be charged."""
        ...

    async def release(self, reservation_id: str) -> None:
        """Gives a reservation back, also a charged one, very patiently."""
        ...


class Claim(Protocol):
    """Under which reservation a request's credit stands, and whether it is this attempt's to give back."""

    @property
    def reservation_id(self) -> str:
        """The reservation to charge."""
        ...

    async def another(self) -> str:
        """A new reservation's id in place of a lost one. `ChatmountError` when that is another attempt's to do."""
        ...

    async def give_up(self) -> bool:
        """False when the credit is another attempt's by now: then it must not be released."""
        ...


class OwnClaim:
    """The claim of a request that is made once: whatever it reserved is its own."""

    def __init__(self) -> None:
        self.reservation_id = new_id("rsv")

    async def another(self) -> str:
        """See Claim."""
        self.reservation_id = new_id("rsv")
        return self.reservation_id

    async def give_up(self) -> bool:
        """See Claim."""
        return True


# Refusals after which it is certain that nothing was set aside.
_REFUSED = frozenset(
    {
        Reason.MONTH_LIMIT,
        Reason.DAY_LIMIT,
        Reason.PLAN_WITHOUT_API,
        Reason.CHATBOT_DISABLED,
        Reason.OVERLOADED,
        # The ledger is down: if it did write anything before, that expires. Nobody shall wait for it to come back.
        Reason.UNAVAILABLE,
    }
)


class Hold:
    """One request's credit. Either `charge` and `keep` are called, or `let_go`."""

    def __init__(self, ledger: Credits, background: BackgroundWork, claim: Claim | None = None) -> None:
        self._ledger = ledger
        self._background = background
        self._claim = claim or OwnClaim()
        self._held = False
        self._counted = False

    async def reserve(self) -> None:
        """Sets the credit aside. Cancelling the wait leaves nothing behind: what was reserved is let go."""
        # From here on it may be reserved, whether or not the reply arrives.
        self._hold(held=True)
        try:
            await self._reserve_or_another()
        except ChatmountError as refusal:
            if refusal.reason in _REFUSED:
                self._hold(held=False)
            raise

    async def charge(self) -> Usage:
        """Charges the credit; reserves another when the answer took so long that the first is gone."""
        try:
            try:
                return await self._ledger.settle(self._claim.reservation_id)
            except ReservationLost:
                await self._ledger.reserve(await self._claim.another())
                return await self._ledger.settle(self._claim.reservation_id)
        except ReservationLost as error:
            raise _lost_again() from error

    def keep(self) -> None:
        """From now on text leaves: what was charged stays charged."""
        self._hold(held=False)

    def let_go(self) -> None:
        """Gives the credit back, in the background, unless it is kept."""
        if not self._held:
            return
        self._held = False
        released = self._background.start("release of a credit", self._release())
        if released is None:
            self._count(held=False)
        else:
            released.add_done_callback(lambda _: self._count(held=False))

    async def _reserve_or_another(self) -> None:
        try:
            try:
                await self._ledger.reserve(self._claim.reservation_id)
            except ReservationLost:
                await self._ledger.reserve(await self._claim.another())
        except ReservationLost as error:
            raise _lost_again() from error

    async def _release(self) -> None:
        if await self._claim.give_up():
            await self._ledger.release(self._claim.reservation_id)

    def _hold(self, *, held: bool) -> None:
        self._held = held
        self._count(held=held)

    def _count(self, *, held: bool) -> None:
        if held != self._counted:
            RESERVATIONS_HELD.inc(1 if held else -1)
            self._counted = held


def _lost_again() -> ChatmountError:
    # Another attempt at the same request has given the new one back, or it took as long once more.
    return refusal(Text.CREDIT_GIVEN_BACK)
