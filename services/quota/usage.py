"""What has been used, as its owner sees it."""

from dataclasses import dataclass

from services.config.plans import Plan, Plans
from services.quota.ledger.entry import State, Tally


@dataclass(frozen=True, slots=True)
class ChatbotUsage:
    """One chatbot: credits settled this month, answers settled or reserved today."""

    chatbot_id: str
    credits_used: int
    requests_today: int


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries are wanted; what is empty narrows nothing. Unix milliseconds, `until_ms` not included."""

    states: frozenset[State] = frozenset()
    request_id: str = ""
    chatbot_id: str = ""
    since_ms: int = 0
    until_ms: int | None = None


EVERY_ENTRY = EntryFilter()


@dataclass(frozen=True, slots=True)
class Usage:
    """One account in the current UTC month and day."""

    month: str
    tally: Tally
    chatbots: tuple[ChatbotUsage, ...]


def plan_named(plans: Plans, name: str) -> Plan:
    """The plan, or one that grants nothing when the table (no longer) has it."""
    return plans.get(name) or Plan(name, 0, 0, 0, 0)


def credits_left(plan: Plan, tally: Tally) -> int | None:
    """What can still be reserved this month, never below 0; None: unlimited."""
    if plan.credits_per_month is None:
        return None
    return max(plan.credits_per_month + tally.granted - tally.used, 0)
