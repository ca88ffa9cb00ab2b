"""All that a tenant can read, which must look the same whatever others do."""

from typing import Any

from tests.promises.tenancy.cases import THESE_DAYS
from tests.promises.tenancy.outcomes import Outcome, without_fields
from tests.promises.tenancy.tenant import ANYBODYS, PAIR_QUESTION, QUESTION, Tenant
from tests.promises.tenancy.tenants import World

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
        ("AccountService/GetAccount", {"account_id": tenant.account_id}, account),
        ("AccountService/ListAccounts", {}, account),
        ("ChatbotService/ListChatbots", {"account_id": tenant.account_id}, operator),
        ("ChatbotService/ListChatbots", {}, account),
        ("ChatbotService/ListChatbots", {}, chatbot),
        ("ApiKeyService/ListApiKeys", {"chatbot_id": tenant.chatbot_id}, chatbot),
        ("MemberService/ListMembers", {}, account),
        ("WidgetService/GetWidget", {}, chatbot),
        ("AppearanceService/GetAppearance", {}, chatbot),
        ("VisitorService/GetConversation", {}, own["visitor@chatbot"]),
        ("QuotaService/GetChannelBudget", {"channel": "widget"}, chatbot),
        ("UserService/GetMe", {}, own["user"]),
        ("UserService/ListMyAccounts", {}, own["user"]),
        ("UserService/ListMySessions", {}, own["user"]),
        ("Authorization/Check", check, own["edge"]),
        ("ChatbotProfileService/GetProfile", {}, chatbot),
        ("SessionService/ListSessions", {}, chatbot),
        ("SessionService/GetSession", {"session_id": tenant.session_id}, chatbot),
        ("SessionService/GetTrace", {"request_id": tenant.request_id}, chatbot),
        ("ReviewService/ListUnanswered", {}, chatbot),
        ("QuotaService/ListLedgerEntries", {}, chatbot),
        ("QuotaService/GetUsage", {}, chatbot),
        ("QuotaService/ListDailyCredits", THESE_DAYS, chatbot),
        ("SourceService/GetSourceCounts", {"include_last_sync": True}, chatbot),
        ("SourceService/ListSources", {}, chatbot),
        ("QaPairService/ListQaPairs", {}, chatbot),
        ("RetrievalService/Search", {"query": QUESTION, **query}, chatbot),
        ("RetrievalService/GetSettings", {}, chatbot),
        ("RetrievalService/Search", {"query": PAIR_QUESTION, **query}, chatbot),
        ("RetrievalService/Search", {"query": f"{PAIR_QUESTION} Please", **query}, chatbot),
    ]
    seen = {}
    for number, (path, message, principal) in enumerate(looks):
        seen[f"{number} {path}"] = _steady(await world.call(path, [message], principal))
    # What was answered under a key is answered again, and not made once more.
    again = {"idempotency-key": tenant.idempotency_key}
    seen["again"] = _steady(await world.call("ChatService/Chat", [asked], own["key"], again))
    return seen


def _steady(outcome: Outcome) -> object:
    assert outcome.code == "OK", outcome
    (reply,) = outcome.replies
    # A fresh token for each request.
    reply.pop("ok_response", None)
    reply = without_fields(reply, LATE)
    # The sums of an account are of all its chatbots.
    return reply.get("chatbots", reply) if "month" in reply else reply
