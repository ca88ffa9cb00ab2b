"""The credits that a widget may spend in a day, as its page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatmount.quota.v1 import quota_pb2 as pb

from services.trust.principal import Channel
from services.web.dashboard.refusals import Refused, refusals

CHANNEL = str(Channel.WIDGET)


@dataclass(frozen=True, slots=True)
class Budget:
    """Credits of a UTC day. `is_default`: nobody has set it."""

    per_day: int
    is_default: bool
    used_today: int
    refused: Sequence[Refused]
    """By limits."""

    @classmethod
    def of(cls, got: pb.GetChannelBudgetResponse) -> "Budget":
        """From the message."""
        budget = got.budget
        return cls(budget.per_day, budget.is_default, budget.used_today, refusals(got.refused))

    @property
    def is_used_up(self) -> bool:
        """Whether visitors are told that the chat is resting."""
        return self.used_today >= self.per_day
