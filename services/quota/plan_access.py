"""Access and credits that an account's plan grants."""

from services.config.plans import Plan, Plans, empty_plan
from services.errors import Text, refusal
from services.quota.ledger.entry import Totals
from services.trust.principal import Channel

NEED_NO_API_ACCESS = (Channel.WIDGET, Channel.PLAYGROUND)


def plan_named(plans: Plans, name: str) -> Plan:
    """The plan, or one that grants nothing when the table (no longer) has it."""
    return plans.get(name) or empty_plan(name)


def plan_with_access(plans: Plans, name: str, channel: str) -> Plan:
    """The plan. PLAN_WITHOUT_API when it is gone, or has no API access and the channel needs it."""
    plan = plans.get(name)
    if plan is None:
        raise refusal(Text.CHAT_CLOSED if channel == Channel.WIDGET else Text.PLAN_GONE)
    if channel not in NEED_NO_API_ACCESS and not plan.has_api_access:
        raise refusal(Text.NAMED_PLAN_WITHOUT_API, plan=plan.name)
    return plan


def credits_left(plan: Plan, month: Totals) -> int | None:
    """Credits that can still be reserved this month, never below 0; None: unlimited."""
    if plan.credits_per_month is None:
        return None
    return max(plan.credits_per_month + month.granted - month.used, 0)
