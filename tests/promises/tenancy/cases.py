"""Every method of every service: who may call it, and requests that name a tenant's things.

What stands here is not read from the protos, so a method that is opened to others by mistake is found out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.rpc.pages import page_token
from tests.promises.tenancy.tenants import PAIR_QUESTION, PLAN, QUESTION, Tenant, page

Messages = list[dict[str, Any]]

LARGEST = 2**62
# Such a token shows everything that no filter keeps back.
FROM_THE_FIRST = {"page_token": page_token(0)}
_ALL = {"filter": {"channel": "api", "since_ms": 1, "until_ms": LARGEST, "text": "E"}}


@dataclass(frozen=True)
class Case:
    """Who may call a method, and with what.

    `who`: kinds of principals, the wide including the narrow: an operator, of an account, of a chatbot. `operator@!`
    is one whose token is not scoped.

    `owner`: the kind that acts for a tenant. `ends`: it takes something from its tenant. `leaves`: its caller has
    something under another tenant's name afterwards. `headers`: metadata that names something of a tenant's.
    """

    who: str
    owner: str
    requests: Callable[[Tenant], Messages]
    ends: bool = False
    leaves: bool = False
    owner_code: str = "OK"
    headers: Callable[[Tenant], dict[str, str]] = lambda _: {}

    def admits(self, kind: str) -> bool:
        """Whether the door opens to principals of this kind."""
        role, _, scope = kind.partition("@")
        return any(
            allowed == role and scope in _NARROWER[wanted]
            for allowed, _, wanted in (one.partition("@") for one in self.who.split())
        )


# The scopes that will do where one is wanted.
_NARROWER = {"!": ("",), "": ("", "account", "chatbot"), "account": ("account", "chatbot"), "chatbot": ("chatbot",)}


def _names(**fields: str) -> Callable[[Tenant], Messages]:
    """One request, whose fields hold these attributes of the tenant."""
    return lambda tenant: [{field: getattr(tenant, attribute) for field, attribute in fields.items()}]


def _with(names: Callable[[Tenant], Messages], **more: object) -> Callable[[Tenant], Messages]:
    return lambda tenant: [{**request, **more} for request in names(tenant)]


def _always(*requests: dict[str, Any]) -> Callable[[Tenant], Messages]:
    return lambda _: list(requests)


_ACCOUNT, _CHATBOT = _names(account_id="account_id"), _names(chatbot_id="chatbot_id")
_KEY, _SOURCE, _PAIR = _names(api_key_id="key_id"), _names(source_id="source_id"), _names(qa_pair_id="pair_id")
_SESSION, _RESERVATION = _names(session_id="session_id"), _names(reservation_id="reservation_id")


def _asked(tenant: Tenant) -> Messages:
    return [{"message": QUESTION, "session_id": tenant.session_id}]


def _named_by_key(tenant: Tenant) -> dict[str, str]:
    return {"idempotency-key": tenant.idempotency_key}


def _check(tenant: Tenant) -> Messages:
    return [{"attributes": {"request": {"http": {"headers": {"authorization": f"Bearer {tenant.key}"}}}}}]


def _limit(tenant: Tenant) -> Messages:
    entries = [{"key": "key_id", "value": tenant.key_id}, {"key": "plan", "value": PLAN}]
    return [{"domain": "chatmount", "descriptors": [{"entries": entries}]}]


_AUTH = {
    "AccountService/CreateAccount": Case("operator@!", "operator", _always({"name": "x", "plan": PLAN})),
    "AccountService/GetAccount": Case("operator", "operator@account", _ACCOUNT),
    "AccountService/ListAccounts": Case("operator", "operator@account", _always({}, FROM_THE_FIRST)),
    "AccountService/SetAccountPlan": Case("operator@!", "operator", _with(_ACCOUNT, plan="enterprise"), ends=True),
    "AccountService/DeleteAccount": Case(
        "operator@!", "operator", _ACCOUNT, ends=True, owner_code="FAILED_PRECONDITION"
    ),
    "ChatbotService/CreateChatbot": Case("operator", "operator@account", _with(_ACCOUNT, name="x"), ends=True),
    "ChatbotService/GetChatbot": Case("operator", "operator@chatbot", _CHATBOT),
    "ChatbotService/ListChatbots": Case(
        "operator", "operator@account", lambda tenant: [*_ACCOUNT(tenant), {}, FROM_THE_FIRST]
    ),
    "ChatbotService/SetChatbotEnabled": Case("operator", "operator@chatbot", _with(_CHATBOT, enabled=False), ends=True),
    "ChatbotService/DeleteChatbot": Case("operator", "operator@chatbot", _CHATBOT, ends=True),
    "ApiKeyService/CreateApiKey": Case("operator", "operator@chatbot", _with(_CHATBOT, name="x"), ends=True),
    "ApiKeyService/ListApiKeys": Case("operator", "operator@chatbot", _CHATBOT),
    "ApiKeyService/RotateApiKey": Case("operator", "operator@chatbot", _KEY, ends=True),
    "ApiKeyService/RevokeApiKey": Case("operator", "operator@chatbot", _KEY, ends=True),
    "ApiKeyService/SetApiKeyAllowlist": Case(
        "operator", "operator@chatbot", _with(_KEY, allowlist=["10.0.0.0/8"]), ends=True
    ),
    "AuditService/ListAuditEvents": Case(
        "operator",
        "operator@account",
        lambda tenant: [{}, *_ACCOUNT(tenant), *_CHATBOT(tenant), *_KEY(tenant), {"page_token": page_token(LARGEST)}],
    ),
    "TokenService/IssueScopedToken": Case(
        "operator", "operator@account", lambda tenant: [*_CHATBOT(tenant), *_ACCOUNT(tenant)]
    ),
}

_QUOTA = {
    "QuotaService/Reserve": Case("key@chatbot", "key", _names(request_id="request_id"), ends=True, leaves=True),
    "QuotaService/Settle": Case("key@chatbot", "key", _RESERVATION, ends=True),
    "QuotaService/Release": Case("key@chatbot", "key", _RESERVATION, ends=True),
    "QuotaService/GetUsage": Case("operator@account key@account", "operator@chatbot", _always({})),
    "QuotaService/GrantCredits": Case("operator@account", "operator@account", _always({"amount": 1}), ends=True),
    "QuotaService/VerifyLedger": Case(
        "operator", "operator@account", _always({}, {"page_token": page_token("acct_0")})
    ),
    "QuotaService/ListLedgerEntries": Case(
        "operator@account",
        "operator@chatbot",
        lambda tenant: [
            {},
            {"page_token": page_token(LARGEST, "rsv_")},
            {"request_id": tenant.request_id},
            {"chatbot_id": tenant.chatbot_id},
        ],
    ),
    "QuotaService/GetWindow": Case("service operator@!", "operator", _with(_KEY, plan=PLAN)),
    "QuotaService/ListPlans": Case("operator service", "operator", _always({})),
}

_RETRIEVAL = {
    "RetrievalService/Search": Case(
        "key@chatbot operator@chatbot",
        "operator@chatbot",
        lambda _: [
            {"query": query, "limit": 50, "include_sentences": True}
            for query in (QUESTION, PAIR_QUESTION, f"{PAIR_QUESTION} Please")
        ],
    ),
    "IndexService/VerifyIndex": Case("operator@! operator@chatbot", "operator@chatbot", _always({}, {"repair": True})),
    "RetrievalService/GetSettings": Case("operator@chatbot", "operator@chatbot", _always({})),
    "RetrievalService/UpdateSettings": Case(
        "operator@chatbot", "operator@chatbot", _always({"language": "de"}), ends=True
    ),
    "SourceService/AddSource": Case(
        "operator@chatbot", "operator@chatbot", lambda tenant: page(tenant.source_url, "new"), ends=True
    ),
    "SourceService/GetSource": Case("operator@chatbot", "operator@chatbot", _SOURCE),
    "SourceService/ListSources": Case("operator@chatbot", "operator@chatbot", _always({}, FROM_THE_FIRST)),
    "SourceService/RemoveSource": Case("operator@chatbot", "operator@chatbot", _SOURCE, ends=True),
    "SourceService/SetSourceEnabled": Case(
        "operator@chatbot", "operator@chatbot", _with(_SOURCE, enabled=False), ends=True
    ),
    "SourceService/WatchIngest": Case(
        "operator@chatbot", "operator@chatbot", lambda tenant: [{"source_ids": [tenant.source_id]}, {}]
    ),
    "SourceService/RemoveAllSources": Case("operator@chatbot", "operator@chatbot", _always({}), ends=True),
    "QaPairService/AddQaPair": Case(
        "operator@chatbot", "operator@chatbot", _always({"question": PAIR_QUESTION, "answer": "New."}), ends=True
    ),
    "QaPairService/ListQaPairs": Case("operator@chatbot", "operator@chatbot", _always({}, FROM_THE_FIRST)),
    "QaPairService/RemoveQaPair": Case("operator@chatbot", "operator@chatbot", _PAIR, ends=True),
}

_CHAT = {
    "ChatService/Chat": Case("key@chatbot", "key", _asked, leaves=True, headers=_named_by_key),
    "ChatService/StreamChat": Case("key@chatbot", "key", _asked, ends=True, leaves=True),
    "ChatbotProfileService/GetProfile": Case("operator@chatbot", "operator@chatbot", _always({})),
    "ChatbotProfileService/UpdateProfile": Case(
        "operator@chatbot", "operator@chatbot", _always({"instructions": "New."}, {}), ends=True
    ),
    "SessionService/ListSessions": Case(
        "operator@chatbot", "operator@chatbot", _always({}, {"page_token": page_token(LARGEST, LARGEST)}, _ALL)
    ),
    "SessionService/GetSession": Case(
        "operator@chatbot",
        "operator@chatbot",
        lambda tenant: [*_SESSION(tenant), *_with(_SESSION, **FROM_THE_FIRST)(tenant)],
    ),
    "SessionService/ExportTurns": Case(
        "operator@chatbot",
        "operator@chatbot",
        lambda tenant: [*_SESSION(tenant), {}, {"page_token": page_token("", 0)}, _ALL],
    ),
    "SessionService/GetTrace": Case("operator@! operator@chatbot", "operator@chatbot", _names(request_id="request_id")),
    "SessionService/DeleteSession": Case("operator@chatbot", "operator@chatbot", _SESSION, ends=True),
    "SessionService/DeleteAllSessions": Case("operator@chatbot", "operator@chatbot", _always({}), ends=True),
    "ReviewService/ListUnanswered": Case(
        "operator@chatbot", "operator@chatbot", _always({}, {"page_token": page_token(LARGEST, LARGEST, "z")})
    ),
    "ReviewService/ResolveUnanswered": Case(
        "operator@chatbot",
        "operator@chatbot",
        _with(_names(question_id="unanswered_id"), state="REVIEW_STATE_NOT_OURS"),
        ends=True,
    ),
}

CASES: dict[str, Case] = {
    "/envoy.service.auth.v3.Authorization/Check": Case("edge", "edge", _check),
    "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit": Case("edge", "edge", _limit),
    **{f"/chatmount.auth.v1.{name}": case for name, case in _AUTH.items()},
    **{f"/chatmount.quota.v1.{name}": case for name, case in _QUOTA.items()},
    **{f"/chatmount.retrieval.v1.{name}": case for name, case in _RETRIEVAL.items()},
    **{f"/chatmount.chat.v1.{name}": case for name, case in _CHAT.items()},
}


def calls(case: Case, method: Any, tenant: Tenant) -> Sequence[Messages]:
    """The calls of a case, each with the messages that it sends."""
    messages = case.requests(tenant)
    return [messages] if method.client_streaming else [[message] for message in messages]
