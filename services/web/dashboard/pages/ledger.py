"""`acct_x/usage/ledger`: every credit that was reserved, charged, given back or granted."""

import asyncio

from aiohttp import web
from chatmount.quota.v1 import quota_pb2

from services.web.dashboard.chatbot_names import chatbot_names
from services.web.dashboard.daily_credits import CHANNELS
from services.web.dashboard.filters import CHATBOT_ID, Filter, one_of
from services.web.dashboard.ledger_entries import STATES, Listed
from services.web.dashboard.parts import part
from services.web.dashboard.visit import PAGE_SIZE, Visit

FIELDS = {"chatbot": CHATBOT_ID, "channel": one_of(CHANNELS), "state": one_of(STATES)}


async def show(visit: Visit) -> web.Response:
    """The list, newest first."""
    chosen = Filter.of(visit.request.query, FIELDS)
    names, listed = await asyncio.gather(chatbot_names(visit), part(_entries(visit, chosen)))
    return visit.page(
        "usage/ledger.html",
        status=chosen.form.status,
        form=chosen.form,
        filter=chosen,
        listed=listed.of(lambda page: Listed.of(page, names)),
        chatbots=names.options(chosen.form.get("chatbot")),
        channels=[("", "All channels"), *CHANNELS.items()],
        states=[("", "All states"), *((state.name, state.label) for state in STATES.values())],
    )


async def _entries(visit: Visit, chosen: Filter) -> quota_pb2.ListLedgerEntriesResponse:
    if chosen.is_wrong:
        return quota_pb2.ListLedgerEntriesResponse()
    state = STATES.get(chosen.form.get("state"))
    request = quota_pb2.ListLedgerEntriesRequest(
        page_size=PAGE_SIZE,
        page_token=visit.page_token,
        states=[state.value] if state else [],
        chatbot_id=chosen.form.get("chatbot"),
        channel=chosen.form.get("channel"),
        since_ms=chosen.since_ms or 0,
        until_ms=chosen.until_ms or 0,
    )
    return await visit.call(visit.services.quota.ListLedgerEntries, request)
