"""`bot_x/turns/<request id>`: one question, its answer, and why it is as it is."""

import asyncio
from dataclasses import replace

from aiohttp import web
from chatmount.chat.v1 import chat_pb2 as pb

from services.errors import ChatmountError, Reason
from services.web.dashboard.turns import Turn
from services.web.dashboard.visit import Visit

PAUSES = (0.1, 0.3, 0.6, 1.0)
"""An answer that was stopped is stored a moment later."""


async def show(visit: Visit) -> web.Response:
    """The page; for a script, that turn of the conversation which it shows."""
    request_id = visit.request.match_info["request_id"]
    if visit.is_htmx:
        return visit.page("playground/turn.html", turn=await stored(visit, request_id))
    try:
        return visit.page("playground/reason.html", turn=await traced(visit, request_id))
    except ChatmountError as refused:
        if refused.reason != Reason.NOT_FOUND:
            raise
    # The ledger leads here as long as there is a chatbot, and conversations end before.
    return visit.page("playground/gone.html", status=404)


async def traced(visit: Visit, request_id: str) -> Turn:
    """What is known of a request now."""
    got = await visit.call(visit.services.sessions.GetTrace, pb.GetTraceRequest(request_id=request_id))
    return Turn.traced(got)


async def stored(visit: Visit, request_id: str) -> Turn:
    """What is known of a request that has just ended.

    NOT_FOUND if nothing is a moment later either.
    """
    for pause in PAUSES:
        try:
            return await traced(visit, request_id)
        except ChatmountError as refused:
            if refused.reason != Reason.NOT_FOUND:
                raise
        await asyncio.sleep(pause)
    return await traced(visit, request_id)


async def ended(visit: Visit, turn: Turn) -> Turn:
    """The turn with all that is known of it, or as it was seen."""
    try:
        return replace(await stored(visit, turn.request_id), error=turn.error)
    except ChatmountError:
        return turn
