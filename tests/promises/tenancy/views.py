"""All that a tenant can read, which must look the same whatever others do."""

from typing import Any

from tests.promises.tenancy.cases import THESE_DAYS
from tests.promises.tenancy.outcomes import Outcome, without_fields
from tests.promises.tenancy.tenants import ANYBODYS, PAIR_QUESTION, QUESTION, Tenant, World

_AUTH, _QUOTA = "/chatmount.auth.v1", "/chatmount.quota.v1.QuotaService"
_RETRIEVAL, _CHAT = "/chatmount.retrieval.v1", "/chatmount.chat.v1"
# When keys were used and people seen is written down a while later.
LATE = ("last_used_at", "last_seen_at")


async def view(world: World, tenant: Tenant) -> dict[str, object]:
    """Each reading call's reply by its name."""
    own, operator = tenant.principals(), ANYBODYS["operator"]
    chatbot, account = own["operator@chatbot"], own["operator@account"]
    query = {"limit": 50, "include_sentences": True}
    asked = {"message": QUESTION, "session_id": tenant.session_id}
    check = {"attributes": {"request": {"http": {"headers": {"authorization": f"Bearer {tenant.key}"}}}}}
    looks: list[tuple[str, dict[str, Any], Any]] = [
        (f"{_AUTH}.AccountService/GetAccount", {"account_id": tenant.account_id}, account),
        (f"{_AUTH}.AccountService/ListAccounts", {}, account),
        (f"{_AUTH}.ChatbotService/ListChatbots", {"account_id": tenant.account_id}, operator),
        (f"{_AUTH}.ChatbotService/ListChatbots", {}, account),
        (f"{_AUTH}.ChatbotService/ListChatbots", {}, chatbot),
        (f"{_AUTH}.ApiKeyService/ListApiKeys", {"chatbot_id": tenant.chatbot_id}, chatbot),
        (f"{_AUTH}.MemberService/ListMembers", {}, account),
        (f"{_AUTH}.WidgetService/GetWidget", {}, chatbot),
        (f"{_CHAT}.AppearanceService/GetAppearance", {}, chatbot),
        (f"{_CHAT}.VisitorService/GetConversation", {}, own["visitor@chatbot"]),
        (f"{_QUOTA}/GetChannelBudget", {"channel": "widget"}, chatbot),
        (f"{_AUTH}.UserService/GetMe", {}, own["user"]),
        (f"{_AUTH}.UserService/ListMyAccounts", {}, own["user"]),
        (f"{_AUTH}.UserService/ListMySessions", {}, own["user"]),
        ("/envoy.service.auth.v3.Authorization/Check", check, own["edge"]),
        (f"{_CHAT}.ChatbotProfileService/GetProfile", {}, chatbot),
        (f"{_CHAT}.SessionService/ListSessions", {}, chatbot),
        (f"{_CHAT}.SessionService/GetSession", {"session_id": tenant.session_id}, chatbot),
        (f"{_CHAT}.SessionService/GetTrace", {"request_id": tenant.request_id}, chatbot),
        (f"{_CHAT}.ReviewService/ListUnanswered", {}, chatbot),
        (f"{_QUOTA}/ListLedgerEntries", {}, chatbot),
        (f"{_QUOTA}/GetUsage", {}, chatbot),
        (f"{_QUOTA}/ListDailyCredits", THESE_DAYS, chatbot),
        (f"{_RETRIEVAL}.SourceService/GetSourceCounts", {"include_last_sync": True}, chatbot),
        (f"{_RETRIEVAL}.SourceService/ListSources", {}, chatbot),
        (f"{_RETRIEVAL}.QaPairService/ListQaPairs", {}, chatbot),
        (f"{_RETRIEVAL}.RetrievalService/Search", {"query": QUESTION, **query}, chatbot),
        (f"{_RETRIEVAL}.RetrievalService/GetSettings", {}, chatbot),
        (f"{_RETRIEVAL}.RetrievalService/Search", {"query": PAIR_QUESTION, **query}, chatbot),
        (f"{_RETRIEVAL}.RetrievalService/Search", {"query": f"{PAIR_QUESTION} Please", **query}, chatbot),
    ]
    seen = {}
    for number, (path, message, principal) in enumerate(looks):
        seen[f"{number} {path}"] = _steady(await world.call(path, [message], principal))
    # What was answered under a key is answered again, and not made once more.
    again = {"idempotency-key": tenant.idempotency_key}
    seen["again"] = _steady(await world.call(f"{_CHAT}.ChatService/Chat", [asked], own["key"], again))
    return seen


def _steady(outcome: Outcome) -> object:
    assert outcome.code == "OK", outcome
    (reply,) = outcome.replies
    # A fresh token for each request.
    reply.pop("ok_response", None)
    reply = without_fields(reply, LATE)
    # The sums of an account are of all its chatbots.
    return reply.get("chatbots", reply) if "month" in reply else reply
