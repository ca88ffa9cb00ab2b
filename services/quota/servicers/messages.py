"""What Quota knows, as messages."""

from chatmount.quota.v1 import quota_pb2

from services.config.plans import Plan
from services.quota.ledger.drift import Drift
from services.quota.ledger.entry import Entry, State
from services.quota.usage import Usage, credits_left

STATES = {
    State.RESERVED: quota_pb2.LEDGER_STATE_RESERVED,
    State.SETTLED: quota_pb2.LEDGER_STATE_SETTLED,
    State.RELEASED: quota_pb2.LEDGER_STATE_RELEASED,
    State.EXPIRED: quota_pb2.LEDGER_STATE_EXPIRED,
    State.GRANTED: quota_pb2.LEDGER_STATE_GRANTED,
}

_STATE_OF = {number: state for state, number in STATES.items()}


def usage_response(usage: Usage, plan: Plan) -> quota_pb2.GetUsageResponse:
    """The usage, beside what the plan grants."""
    return quota_pb2.GetUsageResponse(
        month=usage.month,
        credits_used=usage.tally.settled,
        credits_reserved=usage.tally.reserved,
        credits_granted=usage.tally.granted,
        credits_remaining=credits_left(plan, usage.tally),
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


def ledger_entry(entry: Entry) -> quota_pb2.LedgerEntry:
    """One row."""
    return quota_pb2.LedgerEntry(
        id=entry.id,
        account_id=entry.account_id,
        chatbot_id=entry.chatbot_id,
        api_key_id=entry.api_key_id,
        channel=entry.channel,
        request_id=entry.request_id,
        amount=entry.amount,
        state=STATES[entry.state],
        created_at_ms=entry.created_ms,
        decided_at_ms=entry.decided_ms,
        expires_at_ms=entry.expires_ms,
        note=entry.note,
        granted_by=entry.granted_by,
    )


def state(value: "quota_pb2.LedgerState.ValueType") -> State:
    """The state that is meant. KeyError for a value that means none."""
    return _STATE_OF[value]


def ledger_drift(drift: Drift) -> quota_pb2.LedgerDrift:
    """What does not add up."""
    return quota_pb2.LedgerDrift(
        account_id=drift.account_id,
        chatbot_id=drift.chatbot_id,
        period=drift.period,
        what=drift.what,
        recorded=drift.recorded,
        actual=drift.actual,
    )


def plan(row: Plan) -> quota_pb2.Plan:
    """One row of the plans table."""
    return quota_pb2.Plan(
        name=row.name,
        requests_per_minute=row.requests_per_minute,
        credits_per_month=row.credits_per_month,
        requests_per_day=row.requests_per_day,
        keys_per_chatbot=row.keys_per_chatbot,
    )
