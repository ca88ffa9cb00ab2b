"""The credits that a widget may spend in a day, as its page shows them."""

from dataclasses import dataclass

from chatmount.quota.v1 import quota_pb2 as pb

from services.trust.principal import Channel

CHANNEL = str(Channel.WIDGET)


@dataclass(frozen=True, slots=True)
class Budget:
    """Credits of a UTC day. `is_default`: nobody has set it."""

    per_day: int
    is_default: bool
    used_today: int

    @classmethod
    def of(cls, budget: pb.ChannelBudget) -> "Budget":
        """From the message."""
        return cls(budget.per_day, budget.is_default, budget.used_today)

    @property
    def is_used_up(self) -> bool:
        """Whether visitors are told that the chat is resting."""
        return self.used_today >= self.per_day
