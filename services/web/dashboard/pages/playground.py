"""`bot_x/`: the playground, where editors ask and see why the answer is as it is."""

import asyncio
import re
from dataclasses import dataclass

from aiohttp import web
from chatmount.chat.v1 import chat_pb2
from chatmount.retrieval.v1 import retrieval_pb2

from services.contract import CREDITS_PER_ANSWER, MAXIMUM_MESSAGE_LENGTH
from services.errors import ChatmountError, Reason, Text, refusal
from services.ids import new_id
from services.web.dashboard.forms import Form
from services.web.dashboard.pages.turns import traced
from services.web.dashboard.parts import part
from services.web.dashboard.sources import Counts
from services.web.dashboard.turns import Turn
from services.web.dashboard.visit import Visit

SESSION_PREFIX = "ply"
SHOWN_TURNS = 20

_SESSION_ID = re.compile(rf"{SESSION_PREFIX}_[A-Za-z0-9]{{1,64}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The newest turns of a conversation, newest first; `earlier`: how many are not shown."""

    turns: list[Turn]
    earlier: int = 0


async def show(visit: Visit, form: Form | None = None) -> web.Response:
    """The page. `form`: a question that was refused."""
    asked = visit.request.query.get("session", "")
    if form is None and asked and not _SESSION_ID.fullmatch(asked):
        raise refusal(Text.NOT_FOUND, thing="session")
    form = form or Form.of(session=asked or new_id(SESSION_PREFIX))
    session_id = form.get("session")
    counts, conversation = await asyncio.gather(
        part(_counts(visit)), part(_conversation(visit, session_id, must_be_there=bool(asked)))
    )
    return visit.page(
        "playground/playground.html",
        status=form.status,
        form=form,
        counts=counts,
        conversation=conversation,
        credits=CREDITS_PER_ANSWER,
        maximum_length=MAXIMUM_MESSAGE_LENGTH,
    )


async def back(visit: Visit) -> web.Response:
    """For whoever comes back to the path of the form."""
    return visit.see(visit.chatbot.path)


def session_in(form: Form) -> str:
    """The conversation that a question belongs to: a new one for an unknown id."""
    session_id = form.get("session")
    return session_id if _SESSION_ID.fullmatch(session_id) else new_id(SESSION_PREFIX)


async def _counts(visit: Visit) -> Counts:
    return Counts.of(await visit.call(visit.services.sources.GetSourceCounts, retrieval_pb2.GetSourceCountsRequest()))


async def _conversation(visit: Visit, session_id: str, *, must_be_there: bool) -> Conversation:
    request = chat_pb2.GetSessionRequest(session_id=session_id)
    try:
        got = await visit.call(visit.services.sessions.GetSession, request)
    except ChatmountError as refused:
        if must_be_there or refused.reason != Reason.NOT_FOUND:
            raise
        return Conversation([])
    newest = [Turn.of(turn) for turn in reversed(got.turns)][:SHOWN_TURNS]
    if newest:
        newest[0] = await traced(visit, newest[0].request_id)
    return Conversation(newest, len(got.turns) - len(newest))
