"""QuotaService: between the wire and the ledger. Whose credits a call touches is in its token, never in its request."""

import re
from typing import Any

from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from services.clock import Clock, system_clock
from services.config.plans import Plan, Plans
from services.errors import Text, invalid, refusal
from services.quota.ledger.entry import Owner
from services.quota.ledger.grant import Grant
from services.quota.ledger.ledger import Ledger
from services.quota.ledger.operations import Release, Reserve, Settle
from services.quota.periods import period_of
from services.quota.rate_limits import RateLimits
from services.quota.servicers import messages as proto
from services.quota.store.reconciliation import AuditStore
from services.quota.store.usage import UsageStore
from services.quota.usage import EntryFilter, credits_left, plan_named
from services.rpc.pages import page_position, page_size, page_token
from services.trust.principal import Channel, Principal, Role, current_principal

SERVICE_NAME = "chatmount.quota.v1.QuotaService"

DEFAULT_TTL_SECONDS = 60
MAXIMUM_TTL_SECONDS = 3600
MAXIMUM_ID_LENGTH = 128
MAXIMUM_GRANT = 1_000_000
MAXIMUM_NOTE_LENGTH = 200

_CHOSEN_ID = re.compile(r"[a-z]{3}_[A-Za-z0-9_-]{16,64}", re.ASCII)


class QuotaServicer(quota_pb2_grpc.QuotaServiceServicer):
    """See the proto for what each method promises."""

    def __init__(
        self,
        ledger: Ledger,
        usage: UsageStore,
        audit: AuditStore,
        rate_limits: RateLimits,
        plans: Plans,
        clock: Clock = system_clock,
    ) -> None:
        self._ledger = ledger
        self._usage = usage
        self._audit = audit
        self._rate_limits = rate_limits
        self._plans = plans
        self._clock = clock

    async def Reserve(self, request: quota_pb2.ReserveRequest, context: Any) -> quota_pb2.ReserveResponse:
        """Sets one credit aside."""
        principal = current_principal()
        plan = self._plan_for(principal)
        if not 0 <= request.ttl_seconds <= MAXIMUM_TTL_SECONDS:
            raise invalid(f"ttl_seconds must be from 0 to {MAXIMUM_TTL_SECONDS} (0: {DEFAULT_TTL_SECONDS}).")
        operation = Reserve(
            owner=_owner(principal),
            request_id=_checked_id("request_id", request.request_id),
            ttl_ms=(request.ttl_seconds or DEFAULT_TTL_SECONDS) * 1000,
            credits_per_month=plan.credits_per_month,
            requests_per_day=plan.requests_per_day,
            reservation_id=_chosen_id("reservation_id", "rsv", request.reservation_id),
        )
        return quota_pb2.ReserveResponse(reservation_id=(await self._ledger.run(operation)).id)

    async def Settle(self, request: quota_pb2.SettleRequest, context: Any) -> quota_pb2.SettleResponse:
        """Charges a reservation."""
        principal = current_principal()
        reservation_id = _checked_id("reservation_id", request.reservation_id)
        settlement = await self._ledger.run(Settle(_owner(principal), reservation_id))
        return quota_pb2.SettleResponse(
            credits_used=settlement.credits_used,
            credits_remaining=credits_left(plan_named(self._plans, principal.plan), settlement.month),
        )

    async def Release(self, request: quota_pb2.ReleaseRequest, context: Any) -> quota_pb2.ReleaseResponse:
        """Gives a reservation back."""
        reservation_id = _checked_id("reservation_id", request.reservation_id)
        await self._ledger.run(Release(_owner(current_principal()), reservation_id))
        return quota_pb2.ReleaseResponse()

    async def GrantCredits(
        self, request: quota_pb2.GrantCreditsRequest, context: Any
    ) -> quota_pb2.GrantCreditsResponse:
        """Gives credits for the month."""
        principal = current_principal()
        if not 1 <= request.amount <= MAXIMUM_GRANT:
            raise invalid(f"amount must be from 1 to {MAXIMUM_GRANT}.")
        if len(request.note) > MAXIMUM_NOTE_LENGTH or not request.note.isprintable():
            raise invalid(f"note must be at most {MAXIMUM_NOTE_LENGTH} printable characters.")
        grant_id = _chosen_id("grant_id", "grt", request.grant_id)
        operation = Grant(principal.account_id, request.amount, request.note, principal.subject, grant_id)
        granted = await self._ledger.run(operation)
        return quota_pb2.GrantCreditsResponse(
            entry=proto.ledger_entry(granted.entry),
            credits_remaining=credits_left(plan_named(self._plans, principal.plan), granted.month),
        )

    async def VerifyLedger(
        self, request: quota_pb2.VerifyLedgerRequest, context: Any
    ) -> quota_pb2.VerifyLedgerResponse:
        """Of the account in the token, or of all when there is none."""
        size, after = page_size(request.page_size), page_position(request.page_token, str)
        audit = await self._audit.page(current_principal().account_id, after[0] if after else "", size)
        return quota_pb2.VerifyLedgerResponse(
            accounts=audit.accounts,
            entries=audit.entries,
            drifts=map(proto.ledger_drift, audit.drifts),
            next_page_token=page_token(audit.last) if audit.last else "",
        )

    async def GetUsage(self, request: quota_pb2.GetUsageRequest, context: Any) -> quota_pb2.GetUsageResponse:
        """The account's month; of its chatbots only the caller's own when the token names one."""
        principal = current_principal()
        usage = await self._usage.usage(principal.account_id, principal.chatbot_id, period_of(self._clock()))
        return proto.usage_response(usage, plan_named(self._plans, principal.plan))

    async def ListLedgerEntries(
        self, request: quota_pb2.ListLedgerEntriesRequest, context: Any
    ) -> quota_pb2.ListLedgerEntriesResponse:
        """The account's entries, or the chatbot's when the token names one."""
        principal = current_principal()
        size, after = page_size(request.page_size), page_position(request.page_token, int, str)
        chosen = _filter(request)
        entries = await self._usage.entries(principal.account_id, principal.chatbot_id, after, size + 1, chosen)
        more = len(entries) > size
        page = entries[:size]
        return quota_pb2.ListLedgerEntriesResponse(
            entries=[proto.ledger_entry(entry) for entry in page],
            next_page_token=page_token(page[-1].created_ms, page[-1].id) if more else "",
        )

    async def GetWindow(self, request: quota_pb2.GetWindowRequest, context: Any) -> quota_pb2.GetWindowResponse:
        """A key's window. Keys are unknown here, so a token that is scoped to a tenant may not name one."""
        principal = current_principal()
        if principal.role == Role.ROLE_OPERATOR and principal.account_id:
            raise refusal(Text.NEEDS_NO_SCOPE)
        window = await self._rate_limits.peek(_checked_id("api_key_id", request.api_key_id), request.plan)
        return quota_pb2.GetWindowResponse(limit=window.limit, remaining=window.remaining, reset_at=window.reset_at)

    async def ListPlans(self, request: quota_pb2.ListPlansRequest, context: Any) -> quota_pb2.ListPlansResponse:
        """The plans in force."""
        return quota_pb2.ListPlansResponse(plans=[proto.plan(plan) for plan in self._plans.values()])

    def _plan_for(self, principal: Principal) -> Plan:
        plan = self._plans.get(principal.plan)
        if plan is None:
            raise refusal(Text.PLAN_GONE)
        if principal.channel != Channel.WIDGET and not plan.has_api_access:
            raise refusal(Text.NAMED_PLAN_WITHOUT_API, plan=plan.name)
        return plan


def _owner(principal: Principal) -> Owner:
    return Owner(
        account_id=principal.account_id,
        chatbot_id=principal.chatbot_id,
        api_key_id=principal.key_id,
        channel=principal.channel or Channel.API,
    )


def _checked_id(field: str, value: str) -> str:
    if not 1 <= len(value) <= MAXIMUM_ID_LENGTH or not value.isprintable():
        raise invalid(f"{field} must be 1 to {MAXIMUM_ID_LENGTH} printable characters.")
    return value


def _chosen_id(field: str, prefix: str, value: str) -> str | None:
    if not value:
        return None
    if not _CHOSEN_ID.fullmatch(value) or not value.startswith(f"{prefix}_"):
        raise invalid(f"{field} must be {prefix}_ and 16 to 64 characters of A-Z a-z 0-9 _ -, or empty.")
    return value


def _filter(request: quota_pb2.ListLedgerEntriesRequest) -> EntryFilter:
    try:
        states = frozenset(proto.state(state) for state in request.states)
    except KeyError as error:
        raise invalid("states must be states of the ledger.") from error
    return EntryFilter(states, request.request_id, request.chatbot_id, request.since_ms, request.until_ms or None)
