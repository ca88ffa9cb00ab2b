"""Budgets: what visitors of websites may use of a chatbot's day."""

from dataclasses import dataclass

from services.config.plans import Plan
from services.errors import invalid
from services.trust.principal import Channel

SMALLEST_DEFAULT = 20
DEFAULT_WITHOUT_LIMIT = 1000
MAXIMUM_BUDGET = 1_000_000


@dataclass(frozen=True, slots=True)
class ChannelBudget:
    """Credits that a channel may use in a UTC day. `is_default`: nobody has set them."""

    channel: str
    per_day: int
    is_default: bool
    used_today: int


def default_budget(plan: Plan, channel: str) -> int | None:
    """What a channel may use in a day where nobody has set it; None: it has no budget.

    The plan's own figure if it has one, else a tenth of its month.
    """
    if channel != Channel.WIDGET:
        return None
    if plan.widget_credits_per_day is not None:
        return plan.widget_credits_per_day
    if plan.credits_per_month is None:
        return DEFAULT_WITHOUT_LIMIT
    return max(plan.credits_per_month // 10, SMALLEST_DEFAULT)


def checked_channel(channel: str) -> Channel:
    """INVALID_FIELD for a channel that has no budget."""
    if channel != Channel.WIDGET:
        raise invalid(f"channel must be {Channel.WIDGET}: no other has a budget.")
    return Channel.WIDGET


def checked_budget(per_day: int) -> int:
    """INVALID_FIELD for what can be no budget."""
    if not 0 <= per_day <= MAXIMUM_BUDGET:
        raise invalid(f"per_day must be from 0 to {MAXIMUM_BUDGET}.")
    return per_day
