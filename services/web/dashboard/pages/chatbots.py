"""`acct_x/`: the chatbots of an account; `acct_x/new`: one more."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiohttp import web
from chatmount.auth.v1 import auth_pb2
from chatmount.quota.v1 import quota_pb2

from services.errors import ChatmountError
from services.web.dashboard.forms import Form
from services.web.dashboard.pages.checklist import checklist
from services.web.dashboard.parts import Part, part
from services.web.dashboard.views import OWNER, Chatbot
from services.web.dashboard.visit import PAGE_SIZE, Visit

LATELY = 7
LOOKED_AT = 90
"""Days that are looked at for the last question."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How often a chatbot was asked in the last seven days, and on which day the last time."""

    questions: int = 0
    last_day: str = ""


@dataclass(frozen=True, slots=True)
class Questions:
    """What was asked of the chatbots of an account."""

    by_chatbot: dict[str, Asked]

    def of(self, chatbot_id: str) -> Asked:
        """Of one of them."""
        return self.by_chatbot.get(chatbot_id, Asked())


async def show(visit: Visit) -> web.Response:
    """The list."""
    request = auth_pb2.ListChatbotsRequest(
        account_id=visit.account.id, page_size=PAGE_SIZE, page_token=visit.page_token
    )
    listed, lately = await asyncio.gather(
        visit.call(visit.services.chatbots.ListChatbots, request), part(_credits(visit, LATELY))
    )
    chatbots = [Chatbot.of(chatbot) for chatbot in listed.chatbots]
    credits: Part[Questions] = Part(failure=lately.failure)
    if lately:
        credits = await part(_questions(visit, chatbots, lately.value))
    is_whole = not (visit.page_token or listed.next_page_token)
    is_new = visit.frame.is_editor and credits and not credits.value.by_chatbot and is_whole
    steps = await part(checklist(visit, chatbots)) if is_new else None
    return visit.page(
        "account/chatbots.html",
        chatbots=chatbots,
        credits=credits,
        steps=steps.value if steps else [],
        next_token=listed.next_page_token,
    )


async def new(visit: Visit, form: Form | None = None) -> web.Response:
    """The form of another one."""
    visit.require(OWNER)
    form = form or Form()
    return visit.page("account/new_chatbot.html", status=form.status, form=form)


async def create(visit: Visit) -> web.Response:
    """Makes it and goes there."""
    form = await visit.form()
    request = auth_pb2.CreateChatbotRequest(
        account_id=visit.account.id, name=form.get("name"), creation_id=form.creation_id
    )
    try:
        created = await visit.call(visit.services.chatbots.CreateChatbot, request)
    except ChatmountError as refused:
        return await new(visit, form.refused(refused))
    return visit.see(Chatbot.of(created.chatbot).path + "sources", done="chatbot-created")


async def _questions(visit: Visit, chatbots: Sequence[Chatbot], lately: Sequence[quota_pb2.DailyCredits]) -> Questions:
    """Of all that were asked lately, and of those on the page that were asked before."""
    asked = {row.chatbot_id: Asked(row.credits_used, row.day) for row in lately if row.credits_used}
    others = [chatbot.id for chatbot in chatbots if chatbot.id not in asked]
    before = await _credits(visit, LOOKED_AT, others) if others else ()
    return Questions({row.chatbot_id: Asked(0, row.day) for row in before if row.credits_used} | asked)


async def _credits(visit: Visit, days: int, chatbot_ids: Sequence[str] = ()) -> Sequence[quota_pb2.DailyCredits]:
    """Of each chatbot in so many days, today included."""
    today = datetime.fromtimestamp(visit.frame.now, UTC).date()
    request = quota_pb2.ListDailyCreditsRequest(
        since_day=str(today - timedelta(days=days - 1)),
        until_day=str(today),
        chatbot_ids=chatbot_ids,
        told_apart=[quota_pb2.CREDITS_PART_CHATBOT],
    )
    return (await visit.call(visit.services.quota.ListDailyCredits, request)).days
