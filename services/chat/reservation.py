"""The reservation of a request's credit, and what an answer cost."""

from dataclasses import dataclass, field
from functools import partial

from services.errors import ChatmountError, Text
from services.ids import new_id


@dataclass(frozen=True, slots=True)
class CreditUsage:
    """What a request cost, and what its account has left this month (None: unlimited)."""

    credits_used: int
    credits_remaining: int | None


class ReservationLost(ChatmountError):
    """The reservation has expired or was given back; it can't be charged any more."""

    def __init__(self) -> None:
        super().__init__(Text.CREDIT_GIVEN_BACK.reason, Text.CREDIT_GIVEN_BACK.template)


@dataclass(eq=False)
class Reservation:
    """The `id` under which a request's credit stands in the ledger.

    A request that is made once owns what it reserved.
    """

    id: str = field(default_factory=partial(new_id, "rsv"))

    async def replace(self) -> None:
        """A new id in place of a lost one. `ChatmountError` when that is another attempt's to do."""
        self.id = new_id("rsv")

    async def give_up(self) -> bool:
        """False when the credit is another attempt's by now: then it must not be released."""
        return True
