"""Every method of Chat; see cases.py."""

from services.rpc.pages import page_token
from tests.promises.tenancy.case import (
    FROM_THE_FIRST,
    LARGEST,
    SESSION,
    Case,
    Messages,
    always,
    names,
    plus,
)
from tests.promises.tenancy.tenant import QUESTION, Tenant
from tests.promises.tenancy.widget_cases import VISITORS

_ALL = {"filter": {"channel": "api", "since_ms": 1, "until_ms": LARGEST, "text": "E"}}


def _asked(tenant: Tenant) -> Messages:
    return [{"message": QUESTION, "session_id": tenant.session_id}]


def _named_by_key(tenant: Tenant) -> dict[str, str]:
    return {"idempotency-key": tenant.idempotency_key}


CHAT = {
    "ChatService/Chat": Case("key@chatbot", "key", _asked, leaves=True, headers=_named_by_key),
    "ChatService/StreamChat": Case("key@chatbot editor@chatbot visitor@chatbot", "key", _asked, ends=True, leaves=True),
    **VISITORS,
    "ChatbotProfileService/GetProfile": Case("operator@chatbot viewer@chatbot", "operator@chatbot", always({})),
    "ChatbotProfileService/UpdateProfile": Case(
        "operator@chatbot editor@chatbot", "operator@chatbot", always({"instructions": "New."}, {}), ends=True
    ),
    "SessionService/ListSessions": Case(
        "operator@chatbot viewer@chatbot",
        "operator@chatbot",
        always({}, {"page_token": page_token(LARGEST, LARGEST)}, _ALL),
    ),
    "SessionService/GetSession": Case(
        "operator@chatbot viewer@chatbot",
        "operator@chatbot",
        lambda tenant: [*SESSION(tenant), *plus(SESSION, **FROM_THE_FIRST)(tenant)],
    ),
    "SessionService/ExportTurns": Case(
        "operator@chatbot viewer@chatbot",
        "operator@chatbot",
        lambda tenant: [*SESSION(tenant), {}, {"page_token": page_token("", 0)}, _ALL],
    ),
    "SessionService/GetTrace": Case(
        "operator@! operator@chatbot viewer@chatbot", "operator@chatbot", names(request_id="request_id")
    ),
    "SessionService/DeleteSession": Case("operator@chatbot editor@chatbot", "operator@chatbot", SESSION, ends=True),
    "SessionService/DeleteAllSessions": Case(
        "operator@chatbot owner@chatbot", "operator@chatbot", always({}), ends=True
    ),
    "ReplayService/Replay": Case("operator@chatbot editor@chatbot", "operator@chatbot", names(request_id="request_id")),
    "ReplayService/ListReplayable": Case("operator@chatbot", "operator@chatbot", always({})),
    "ReviewService/ListUnanswered": Case(
        "operator@chatbot viewer@chatbot",
        "operator@chatbot",
        always({}, {"page_token": page_token(LARGEST, LARGEST, "z")}),
    ),
    "ReviewService/GetUnanswered": Case(
        "operator@chatbot viewer@chatbot", "operator@chatbot", names(question_id="unanswered_id")
    ),
    "ReviewService/ResolveUnanswered": Case(
        "operator@chatbot editor@chatbot",
        "operator@chatbot",
        plus(names(question_id="unanswered_id"), state="REVIEW_STATE_NOT_OURS"),
        ends=True,
    ),
}
