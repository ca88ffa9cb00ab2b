"""`acct_x/audit`: who did what in an account, and when."""

import asyncio

from aiohttp import web
from chatmount.auth.v1 import auth_pb2

from services.web.dashboard.audit_events import OF_ACCOUNT, AuditEvent
from services.web.dashboard.chatbot_names import chatbot_names
from services.web.dashboard.filters import CHATBOT_ID, Filter, one_of
from services.web.dashboard.views import OWNER
from services.web.dashboard.visit import PAGE_SIZE, Visit

FIELDS = {"action": one_of(OF_ACCOUNT), "chatbot": CHATBOT_ID}


async def show(visit: Visit) -> web.Response:
    """The list, newest first."""
    visit.require(OWNER)
    chosen = Filter.of(visit.request.query, FIELDS)
    names, listed = await asyncio.gather(chatbot_names(visit), _events(visit, chosen))
    return visit.page(
        "audit.html",
        status=chosen.form.status,
        form=chosen.form,
        filter=chosen,
        events=[AuditEvent.of(event, names) for event in listed.events],
        next_token=listed.next_page_token,
        actions=[("", "All actions"), *OF_ACCOUNT.items()],
        chatbots=names.options(chosen.form.get("chatbot")),
    )


async def _events(visit: Visit, chosen: Filter) -> auth_pb2.ListAuditEventsResponse:
    if chosen.is_wrong:
        return auth_pb2.ListAuditEventsResponse()
    request = auth_pb2.ListAuditEventsRequest(
        account_id=visit.account.id,
        chatbot_id=chosen.form.get("chatbot"),
        action=chosen.form.get("action"),
        since_ms=chosen.since_ms,
        until_ms=chosen.until_ms,
        page_size=PAGE_SIZE,
        page_token=visit.page_token,
    )
    return await visit.call(visit.services.audit.ListAuditEvents, request)
