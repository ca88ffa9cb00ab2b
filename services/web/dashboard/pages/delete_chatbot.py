"""`bot_x/settings/delete`: the end of a chatbot and of all that belongs to it."""

from aiohttp import web
from chatmount.auth.v1 import auth_pb2
from chatmount.chat.v1 import chat_pb2
from chatmount.quota.v1 import quota_pb2
from chatmount.retrieval.v1 import retrieval_pb2

from services.errors import ChatmountError
from services.web.callers import LONG_CALL_SECONDS
from services.web.dashboard.budgets import CHANNEL
from services.web.dashboard.forms import Form
from services.web.dashboard.views import OWNER
from services.web.dashboard.visit import Visit


async def ask(visit: Visit, form: Form | None = None) -> web.Response:
    """The form, which wants the chatbot's name."""
    visit.require(OWNER)
    form = form or Form()
    return visit.page("settings/delete.html", status=form.status, form=form)


async def delete(visit: Visit) -> web.Response:
    """Deletes it. Its keys stop working first, its name goes last.

    What breaks off can be done again.
    """
    visit.require(OWNER)
    form = await visit.form()
    if form.get("name").strip() != visit.chatbot.name:
        return await ask(visit, form.wrong("name", "This is not its name."))
    services, chatbot_id = visit.services, visit.chatbot.id
    off = auth_pb2.SetChatbotEnabledRequest(chatbot_id=chatbot_id, enabled=False)
    all_sources, all_sessions = retrieval_pb2.RemoveAllSourcesRequest(), chat_pb2.DeleteAllSessionsRequest()
    no_budget = quota_pb2.SetChannelBudgetRequest(channel=CHANNEL)
    try:
        await visit.call(services.chatbots.SetChatbotEnabled, off)
        await visit.call(services.sources.RemoveAllSources, all_sources, LONG_CALL_SECONDS)
        await visit.call(services.sessions.DeleteAllSessions, all_sessions, LONG_CALL_SECONDS)
        await visit.call(services.quota.SetChannelBudget, no_budget)
        await visit.call(services.chatbots.DeleteChatbot, auth_pb2.DeleteChatbotRequest(chatbot_id=chatbot_id))
    except ChatmountError as refused:
        return await ask(visit, form.refused(refused))
    return visit.see(visit.account.path, done="chatbot-deleted")
