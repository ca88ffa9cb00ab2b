"""QuotaService on the wire. The token, never the request, says whose credits are touched."""

from typing import Any

from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from services.clock import Clock, system_clock
from services.config.plans import Plans
from services.database import Database
from services.database.refused_visitors import RefusalCounts
from services.errors import ChatmountError, Text, refusal
from services.quota.budgets import ChannelBudget, checked_budget, checked_channel, default_budget
from services.quota.ledger.entry import Entry
from services.quota.ledger.grant import Grant, Granted
from services.quota.ledger.ids import check_id
from services.quota.ledger.operations import Release, Reserve, Settle, Settlement
from services.quota.periods import period_of
from services.quota.plan_access import credits_left, plan_named, plan_with_access
from services.quota.rate_limits import RateLimits
from services.quota.servicers.messages import (
    channel_budget,
    chatbot_ids,
    daily_credits,
    entry_filter,
    ledger_drift,
    ledger_entry,
    plan_row,
    refused_visitors,
    told_apart,
    usage_response,
)
from services.quota.servicers.owners import owner_of
from services.quota.store.budgets import BudgetStore
from services.quota.store.ledger import Ledger
from services.quota.store.reconciliation import reconcile
from services.quota.store.usage import UsageStore
from services.quota.usage import AccountUsage, Days
from services.rpc.pages import cut_page, page_position, page_size, page_token
from services.trust.principal import Channel, Role, current_principal


class QuotaServicer(quota_pb2_grpc.QuotaServiceServicer):
    """See the proto for what each method promises."""

    def __init__(
        self,
        ledger: Ledger,
        database: Database,
        rate_limits: RateLimits,
        refused: RefusalCounts,
        plans: Plans,
        reservation_seconds: int,
        clock: Clock = system_clock,
    ) -> None:
        self._ledger = ledger
        self._database = database
        self._usage = UsageStore(database)
        self._budgets = BudgetStore(database)
        self._rate_limits = rate_limits
        self._refused = refused
        self._plans = plans
        self._reservation_seconds = reservation_seconds
        self._clock = clock

    async def Reserve(self, request: quota_pb2.ReserveRequest, context: Any) -> quota_pb2.ReserveResponse:
        """Sets one credit aside."""
        principal = current_principal()
        owner = owner_of(principal)
        plan = plan_with_access(self._plans, principal.plan, owner.channel)
        operation = Reserve(
            owner=owner,
            request_id=request.request_id,
            ttl_seconds=request.ttl_seconds or self._reservation_seconds,
            credits_per_month=plan.credits_per_month,
            requests_per_day=plan.requests_per_day,
            entry_id=request.reservation_id or None,
            channel_budget=default_budget(plan, owner.channel),
        )
        try:
            reserved: Entry = await self._ledger.run(operation)
        except ChatmountError as refused:
            if owner.channel == Channel.WIDGET and refused.reason.limit:
                self._refused.count(owner.chatbot_id, refused.reason.limit)
            raise
        return quota_pb2.ReserveResponse(reservation_id=reserved.id)

    async def Settle(self, request: quota_pb2.SettleRequest, context: Any) -> quota_pb2.SettleResponse:
        """Charges a reservation."""
        principal = current_principal()
        settlement: Settlement = await self._ledger.run(Settle(owner_of(principal), request.reservation_id))
        return quota_pb2.SettleResponse(
            credits_used=settlement.credits_used,
            credits_remaining=credits_left(plan_named(self._plans, principal.plan), settlement.month),
        )

    async def Release(self, request: quota_pb2.ReleaseRequest, context: Any) -> quota_pb2.ReleaseResponse:
        """Gives a reservation back."""
        await self._ledger.run(Release(owner_of(current_principal()), request.reservation_id))
        return quota_pb2.ReleaseResponse()

    async def GrantCredits(
        self, request: quota_pb2.GrantCreditsRequest, context: Any
    ) -> quota_pb2.GrantCreditsResponse:
        """Gives credits for the month."""
        principal = current_principal()
        operation = Grant(
            principal.account_id, request.amount, request.note, principal.subject, request.grant_id or None
        )
        granted: Granted = await self._ledger.run(operation)
        return quota_pb2.GrantCreditsResponse(
            entry=ledger_entry(granted.entry),
            credits_remaining=credits_left(plan_named(self._plans, principal.plan), granted.month),
        )

    async def VerifyLedger(
        self, request: quota_pb2.VerifyLedgerRequest, context: Any
    ) -> quota_pb2.VerifyLedgerResponse:
        """Of the account in the token, or of all when there is none."""
        size, after = page_size(request.page_size), page_position(request.page_token, str)
        account_id = current_principal().account_id
        found = await reconcile(self._database, account_id, after[0] if after else "", size)
        return quota_pb2.VerifyLedgerResponse(
            accounts=found.accounts,
            entries=found.entries,
            drifts=map(ledger_drift, found.drifts),
            next_page_token=page_token(found.last) if found.last else "",
        )

    async def GetUsage(self, request: quota_pb2.GetUsageRequest, context: Any) -> quota_pb2.GetUsageResponse:
        """The account's month; of its chatbots only the caller's own when the token names one."""
        principal = current_principal()
        period = period_of(self._clock())
        if request.totals_only:
            usage = AccountUsage(period.month, await self._usage.totals(principal.account_id, period), ())
        else:
            usage = await self._usage.usage(principal.account_id, principal.chatbot_id, period)
        return usage_response(usage, plan_named(self._plans, principal.plan))

    async def ListLedgerEntries(
        self, request: quota_pb2.ListLedgerEntriesRequest, context: Any
    ) -> quota_pb2.ListLedgerEntriesResponse:
        """The account's entries, or the chatbot's when the token names one."""
        principal = current_principal()
        size, after = page_size(request.page_size), page_position(request.page_token, int, str)
        found = await self._usage.entries(
            principal.account_id, principal.chatbot_id, after, size + 1, entry_filter(request)
        )
        page, next_page_token = cut_page(found, size, lambda entry: (entry.created_ms, entry.id))
        return quota_pb2.ListLedgerEntriesResponse(entries=map(ledger_entry, page), next_page_token=next_page_token)

    async def ListDailyCredits(
        self, request: quota_pb2.ListDailyCreditsRequest, context: Any
    ) -> quota_pb2.ListDailyCreditsResponse:
        """Of the account's chatbots, or the chatbot's when the token names one."""
        principal, days = current_principal(), Days(request.since_day, request.until_day)
        found = await self._usage.daily(
            principal.account_id, principal.chatbot_id, days, chatbot_ids(request), *told_apart(request)
        )
        return quota_pb2.ListDailyCreditsResponse(days=map(daily_credits, found))

    async def GetChannelBudget(
        self, request: quota_pb2.GetChannelBudgetRequest, context: Any
    ) -> quota_pb2.GetChannelBudgetResponse:
        """Of the chatbot in the token."""
        budget = await self._budget(checked_channel(request.channel))
        refused = await self._refused.of(current_principal().chatbot_id)
        return quota_pb2.GetChannelBudgetResponse(budget=channel_budget(budget), refused=map(refused_visitors, refused))

    async def SetChannelBudget(
        self, request: quota_pb2.SetChannelBudgetRequest, context: Any
    ) -> quota_pb2.SetChannelBudgetResponse:
        """Of the chatbot in the token."""
        channel = checked_channel(request.channel)
        per_day = checked_budget(request.per_day) if request.HasField("per_day") else None
        await self._budgets.choose(current_principal().chatbot_id, channel, per_day)
        return quota_pb2.SetChannelBudgetResponse(budget=channel_budget(await self._budget(channel)))

    async def GetWindow(self, request: quota_pb2.GetWindowRequest, context: Any) -> quota_pb2.GetWindowResponse:
        """A key's window. A token of one tenant may not ask: Quota does not know whose a key is."""
        principal = current_principal()
        if principal.role == Role.ROLE_OPERATOR and principal.account_id:
            raise refusal(Text.NEEDS_NO_SCOPE)
        window = await self._rate_limits.peek(check_id("api_key_id", request.api_key_id), request.plan)
        return quota_pb2.GetWindowResponse(limit=window.limit, remaining=window.remaining, reset_at=window.reset_at)

    async def ListPlans(self, request: quota_pb2.ListPlansRequest, context: Any) -> quota_pb2.ListPlansResponse:
        """The plans in force."""
        return quota_pb2.ListPlansResponse(plans=map(plan_row, self._plans.values()))

    async def _budget(self, channel: str) -> ChannelBudget:
        principal, day = current_principal(), period_of(self._clock()).day
        chosen, used = await self._budgets.budget(principal.account_id, principal.chatbot_id, channel, day)
        default = default_budget(plan_named(self._plans, principal.plan), channel) or 0
        return ChannelBudget(channel, default if chosen is None else chosen, chosen is None, used)
