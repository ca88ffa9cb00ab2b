"""Every method of every service: who may call it, and requests that name a tenant's things.

What stands here is not read from the protos, so a method that is opened to others by mistake is found out.
"""

from datetime import UTC, datetime, timedelta

from services.rpc.pages import page_token
from tests.promises.tenancy.case import (
    ACCOUNT,
    CHATBOT,
    FROM_THE_FIRST,
    KEY,
    LARGEST,
    PAIR,
    RESERVATION,
    SOURCE,
    Case,
    Messages,
    always,
    names,
    plus,
)
from tests.promises.tenancy.chat_cases import CHAT
from tests.promises.tenancy.people_cases import PEOPLE
from tests.promises.tenancy.tenant import PAIR_QUESTION, PLAN, QUESTION, Tenant, page
from tests.promises.tenancy.widget_cases import BUDGETS, WIDGETS

SYNC = {"began_at": 1, "ended_at": 2, "failed": 1, "failures": [{"url": "https://new.example", "error": "new"}]}
# Today is one of them, wherever and however late.
THESE_DAYS = {
    f"{end}_day": f"{datetime.now(UTC).date() + timedelta(days)}" for end, days in (("since", -9), ("until", 9))
}


def _check(tenant: Tenant) -> Messages:
    return [{"attributes": {"request": {"http": {"headers": {"authorization": f"Bearer {tenant.key}"}}}}}]


def _limit(tenant: Tenant) -> Messages:
    entries = [{"key": "key_id", "value": tenant.key_id}, {"key": "plan", "value": PLAN}]
    return [{"domain": "chatmount", "descriptors": [{"entries": entries}]}]


_AUTH = {
    "AccountService/CreateAccount": Case("operator@!", "operator", always({"name": "x", "plan": PLAN})),
    "AccountService/GetAccount": Case("operator viewer", "operator@account", ACCOUNT),
    "AccountService/ListAccounts": Case("operator", "operator@account", always({}, FROM_THE_FIRST)),
    "AccountService/SetAccountPlan": Case("operator@!", "operator", plus(ACCOUNT, plan="enterprise"), ends=True),
    "AccountService/DeleteAccount": Case(
        "operator@!", "operator", ACCOUNT, ends=True, owner_code="FAILED_PRECONDITION"
    ),
    "ChatbotService/CreateChatbot": Case("operator owner", "operator@account", plus(ACCOUNT, name="x"), ends=True),
    "ChatbotService/GetChatbot": Case("operator viewer", "operator@chatbot", CHATBOT),
    "ChatbotService/ListChatbots": Case(
        "operator viewer", "operator@account", lambda tenant: [*ACCOUNT(tenant), {}, FROM_THE_FIRST]
    ),
    "ChatbotService/UpdateChatbot": Case("operator owner", "operator@chatbot", plus(CHATBOT, name="new"), ends=True),
    "ChatbotService/SetChatbotEnabled": Case(
        "operator owner", "operator@chatbot", plus(CHATBOT, enabled=False), ends=True
    ),
    "ChatbotService/DeleteChatbot": Case("operator owner", "operator@chatbot", CHATBOT, ends=True),
    "ApiKeyService/CreateApiKey": Case("operator editor", "operator@chatbot", plus(CHATBOT, name="x"), ends=True),
    "ApiKeyService/ListApiKeys": Case("operator viewer", "operator@chatbot", CHATBOT),
    "ApiKeyService/RotateApiKey": Case("operator editor", "operator@chatbot", KEY, ends=True),
    "ApiKeyService/RevokeApiKey": Case("operator editor", "operator@chatbot", KEY, ends=True),
    "ApiKeyService/SetApiKeyAllowlist": Case(
        "operator editor", "operator@chatbot", plus(KEY, allowlist=["10.0.0.0/8"]), ends=True
    ),
    "AuditService/ListAuditEvents": Case(
        "operator owner",
        "operator@account",
        lambda tenant: [{}, *ACCOUNT(tenant), *CHATBOT(tenant), *KEY(tenant), {"page_token": page_token(LARGEST)}],
    ),
    **PEOPLE,
    **WIDGETS,
    "TokenService/IssueScopedToken": Case(
        "operator", "operator@account", lambda tenant: [*CHATBOT(tenant), *ACCOUNT(tenant)]
    ),
}

_QUOTA = {
    "QuotaService/Reserve": Case(
        "key@chatbot editor@chatbot visitor@chatbot",
        "key",
        names(request_id="request_id"),
        ends=True,
        leaves=True,
    ),
    # What a key has set aside is not the playground's.
    "QuotaService/Settle": Case(
        "key@chatbot editor@chatbot visitor@chatbot", "key", RESERVATION, ends=True, member_code="NOT_FOUND"
    ),
    "QuotaService/Release": Case(
        "key@chatbot editor@chatbot visitor@chatbot", "key", RESERVATION, ends=True, member_code="NOT_FOUND"
    ),
    "QuotaService/GetUsage": Case("operator@account key@account viewer@account", "operator@chatbot", always({})),
    "QuotaService/GrantCredits": Case("operator@account", "operator@account", always({"amount": 1}), ends=True),
    "QuotaService/VerifyLedger": Case("operator", "operator@account", always({}, {"page_token": page_token("acct_0")})),
    "QuotaService/ListLedgerEntries": Case(
        "operator@account viewer@account",
        "operator@chatbot",
        lambda tenant: [
            {},
            {"page_token": page_token(LARGEST, "rsv_")},
            {"request_id": tenant.request_id},
            {"chatbot_id": tenant.chatbot_id},
        ],
    ),
    "QuotaService/ListDailyCredits": Case(
        "operator@account viewer@account",
        "operator@chatbot",
        lambda tenant: [THESE_DAYS, {**THESE_DAYS, "chatbot_ids": [tenant.chatbot_id]}],
    ),
    **BUDGETS,
    "QuotaService/GetWindow": Case("service operator@!", "operator", plus(KEY, plan=PLAN)),
    "QuotaService/ListPlans": Case("operator service viewer", "operator", always({})),
}

_RETRIEVAL = {
    "RetrievalService/Search": Case(
        "key@chatbot operator@chatbot viewer@chatbot visitor@chatbot",
        "operator@chatbot",
        lambda _: [
            {"query": query, "limit": 50, "include_sentences": True}
            for query in (QUESTION, PAIR_QUESTION, f"{PAIR_QUESTION} Please")
        ],
    ),
    "IndexService/VerifyIndex": Case("operator@! operator@chatbot", "operator@chatbot", always({}, {"repair": True})),
    "RetrievalService/GetSettings": Case("operator@chatbot viewer@chatbot", "operator@chatbot", always({})),
    "RetrievalService/UpdateSettings": Case(
        "operator@chatbot editor@chatbot", "operator@chatbot", always({"language": "de"}), ends=True
    ),
    "SourceService/AddSource": Case(
        "operator@chatbot editor@chatbot", "operator@chatbot", lambda tenant: page(tenant.source_url, "new"), ends=True
    ),
    "SourceService/GetSource": Case("operator@chatbot viewer@chatbot", "operator@chatbot", SOURCE),
    "SourceService/ListSources": Case(
        "operator@chatbot viewer@chatbot", "operator@chatbot", always({}, FROM_THE_FIRST)
    ),
    "SourceService/GetSourceCounts": Case(
        "operator@chatbot viewer@chatbot", "operator@chatbot", always({"include_last_sync": True})
    ),
    "SourceService/RecordSync": Case("operator@chatbot", "operator@chatbot", always({"sync": SYNC}), ends=True),
    "SourceService/RemoveSource": Case("operator@chatbot editor@chatbot", "operator@chatbot", SOURCE, ends=True),
    "SourceService/SetSourceEnabled": Case(
        "operator@chatbot editor@chatbot", "operator@chatbot", plus(SOURCE, enabled=False), ends=True
    ),
    "SourceService/WatchIngest": Case(
        "operator@chatbot viewer@chatbot", "operator@chatbot", lambda tenant: [{"source_ids": [tenant.source_id]}, {}]
    ),
    "SourceService/RemoveAllSources": Case("operator@chatbot owner@chatbot", "operator@chatbot", always({}), ends=True),
    "QaPairService/AddQaPair": Case(
        "operator@chatbot editor@chatbot",
        "operator@chatbot",
        always({"question": PAIR_QUESTION, "answer": "New."}),
        ends=True,
    ),
    "QaPairService/GetQaPair": Case("operator@chatbot viewer@chatbot", "operator@chatbot", PAIR),
    "QaPairService/ListQaPairs": Case(
        "operator@chatbot viewer@chatbot", "operator@chatbot", always({}, FROM_THE_FIRST)
    ),
    "QaPairService/RemoveQaPair": Case("operator@chatbot editor@chatbot", "operator@chatbot", PAIR, ends=True),
}

CASES: dict[str, Case] = {
    "/envoy.service.auth.v3.Authorization/Check": Case("edge", "edge", _check),
    "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit": Case("edge", "edge", _limit),
    **{f"/chatmount.auth.v1.{name}": case for name, case in _AUTH.items()},
    **{f"/chatmount.quota.v1.{name}": case for name, case in _QUOTA.items()},
    **{f"/chatmount.retrieval.v1.{name}": case for name, case in _RETRIEVAL.items()},
    **{f"/chatmount.chat.v1.{name}": case for name, case in CHAT.items()},
}
