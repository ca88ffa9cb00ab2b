"""`bot_x/conversations`: the list; one with its turns; deleting one or all."""

from aiohttp import web
from chatmount.chat.v1 import chat_pb2 as pb

from services.web.callers import LONG_CALL_SECONDS
from services.web.dashboard.conversations import (
    CHANNELS,
    FIELDS,
    MAXIMUM_TEXT_LENGTH,
    RATED,
    Conversation,
    Listed,
    Read,
    session_id_at,
    wanted,
)
from services.web.dashboard.filters import Filter
from services.web.dashboard.parts import part
from services.web.dashboard.turns import Turn
from services.web.dashboard.views import EDITOR, OWNER
from services.web.dashboard.visit import PAGE_SIZE, Visit


async def show(visit: Visit) -> web.Response:
    """The list."""
    chosen = Filter.of(visit.request.query, FIELDS)
    return visit.page(
        "conversations/list.html",
        status=chosen.form.status,
        form=chosen.form,
        query=chosen.query,
        maximum_length=MAXIMUM_TEXT_LENGTH,
        channels=(("", "All channels"), *CHANNELS.items()),
        ratings=(("", "Any or none"), *RATED.items()),
        listed=None if chosen.is_wrong else await part(_listed(visit, chosen)),
    )


async def read(visit: Visit) -> web.Response:
    """`conversations/con_x`: its turns."""
    read = await part(_read(visit))
    return visit.page("conversations/one.html", read=read)


async def ask_to_delete(visit: Visit) -> web.Response:
    """`conversations/con_x/delete`: the question before."""
    visit.require(EDITOR)
    request = pb.GetSessionRequest(session_id=_session_id(visit), page_size=1)
    got = await visit.call(visit.services.sessions.GetSession, request)
    return visit.page("conversations/delete.html", conversation=Conversation.of(got.session))


async def delete(visit: Visit) -> web.Response:
    """Deletes one."""
    request = pb.DeleteSessionRequest(session_id=_session_id(visit))
    await visit.call(visit.services.sessions.DeleteSession, request)
    return visit.see(_list_path(visit), done="conversation-deleted")


async def ask_to_delete_all(visit: Visit) -> web.Response:
    """`conversations/delete`: the question before."""
    visit.require(OWNER)
    return visit.page("conversations/delete.html", conversation=None)


async def delete_all(visit: Visit) -> web.Response:
    """Deletes all, and leaves how the chatbot speaks as it is."""
    request = pb.DeleteAllSessionsRequest(keep_profile=True)
    await visit.call(visit.services.sessions.DeleteAllSessions, request, LONG_CALL_SECONDS)
    return visit.see(_list_path(visit), done="conversations-deleted")


async def _listed(visit: Visit, chosen: Filter) -> Listed:
    request = pb.ListSessionsRequest(page_size=PAGE_SIZE, page_token=visit.page_token, filter=wanted(chosen))
    page = await visit.call(visit.services.sessions.ListSessions, request)
    conversations = [Conversation.of(session) for session in page.sessions]
    return Listed(conversations, page.next_page_token, page.looked_back_to_ms / 1000)


async def _read(visit: Visit) -> Read:
    request = pb.GetSessionRequest(session_id=_session_id(visit), page_size=PAGE_SIZE, page_token=visit.page_token)
    got = await visit.call(visit.services.sessions.GetSession, request)
    return Read(Conversation.of(got.session), [Turn.of(turn) for turn in got.turns], got.next_page_token)


def _session_id(visit: Visit) -> str:
    return session_id_at(visit.request.match_info["conversation"])


def _list_path(visit: Visit) -> str:
    return f"{visit.chatbot.path}conversations"
