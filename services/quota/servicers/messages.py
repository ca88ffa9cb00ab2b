"""Quota's records as messages, and requests as records."""

from collections.abc import Collection

from chatmount.quota.v1 import quota_pb2

from services.config.plans import Plan
from services.database.refused_visitors import RefusedVisitors
from services.errors import invalid
from services.quota.budgets import ChannelBudget
from services.quota.ledger.entry import Entry, State
from services.quota.ledger.reconciliation import Drift
from services.quota.plan_access import credits_left
from services.quota.usage import ALL_PARTS, AccountUsage, CreditsPart, DailyCredits, EntryFilter
from services.rpc.messages import to_member, to_message
from services.rpc.pages import MAXIMUM_PAGE_SIZE

ledger_entry = to_message(Entry, quota_pb2.LedgerEntry)
ledger_drift = to_message(Drift, quota_pb2.LedgerDrift)
daily_credits = to_message(DailyCredits, quota_pb2.DailyCredits)
channel_budget = to_message(ChannelBudget, quota_pb2.ChannelBudget)
refused_visitors = to_message(RefusedVisitors, quota_pb2.RefusedVisitors)
plan_row = to_message(Plan, quota_pb2.Plan)


def usage_response(usage: AccountUsage, plan: Plan) -> quota_pb2.GetUsageResponse:
    """The usage, beside what the plan grants."""
    return quota_pb2.GetUsageResponse(
        month=usage.month,
        credits_used=usage.totals.settled,
        credits_reserved=usage.totals.reserved,
        credits_granted=usage.totals.granted,
        credits_remaining=credits_left(plan, usage.totals),
        credits_per_month=plan.credits_per_month,
        chatbots=[
            quota_pb2.ChatbotUsage(
                chatbot_id=chatbot.chatbot_id,
                credits_used=chatbot.credits_used,
                requests_today=chatbot.requests_today,
                requests_per_day=plan.requests_per_day,
            )
            for chatbot in usage.chatbots
        ],
    )


def entry_filter(request: quota_pb2.ListLedgerEntriesRequest) -> EntryFilter:
    """The entries that are asked for. INVALID_FIELD for an unknown state."""
    states = {to_member(State, quota_pb2.LedgerState.DESCRIPTOR, number) for number in request.states}
    known = frozenset(state for state in states if state is not None)
    if len(known) < len(states):
        raise invalid("states must be states of the ledger.")
    return EntryFilter(
        known, request.request_id, request.chatbot_id, request.since_ms, request.until_ms, request.channel
    )


def chatbot_ids(request: quota_pb2.ListDailyCreditsRequest) -> Collection[str]:
    """The chatbots that are asked for. INVALID_FIELD for too many."""
    if len(request.chatbot_ids) > MAXIMUM_PAGE_SIZE:
        raise invalid(f"chatbot_ids must be at most {MAXIMUM_PAGE_SIZE}.")
    return request.chatbot_ids


def told_apart(request: quota_pb2.ListDailyCreditsRequest) -> tuple[Collection[CreditsPart], int]:
    """The parts that are asked for, and of how many chatbots.

    INVALID_FIELD for a part that there is not, and for the most used of chatbots that are not told apart by themselves.
    """
    asked = [to_member(CreditsPart, quota_pb2.CreditsPart.DESCRIPTOR, number) for number in request.told_apart]
    if None in asked:
        raise invalid("told_apart must be parts of credits.")
    parts = [part for part in asked if part is not None] or ALL_PARTS
    if request.most_used and (CreditsPart.CHATBOT not in parts or CreditsPart.CHANNEL in parts):
        raise invalid("most_used needs told_apart with chatbots and without channels.")
    if not 0 <= request.most_used <= MAXIMUM_PAGE_SIZE:
        raise invalid(f"most_used must be from 1 to {MAXIMUM_PAGE_SIZE}, or 0 for all.")
    return parts, request.most_used
