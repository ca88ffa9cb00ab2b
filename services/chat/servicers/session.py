"""SessionService: the conversations of a chatbot, for its operators."""

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.chat.servicers.session_messages import (
    conversation_filter,
    exported_message,
    exported_place,
    exported_position,
    session_message,
    traced_message,
    turn_message,
)
from services.chat.session_retention import Retention
from services.chat.sessions import Session, Turn, fitting
from services.chat.store.sessions import SessionStore
from services.errors import ChatmountError, Text, refusal
from services.rpc.interceptors import Context
from services.rpc.pages import MAXIMUM_PAGE_SIZE, cut_page, page_position, page_size, page_token
from services.trust.principal import current_principal

SESSIONS_PER_PAGE = 100


class SessionServicer(chat_pb2_grpc.SessionServiceServicer):
    """Sessions of the chatbot in the caller's token.

    Another's are not found, like those that never were.
    """

    def __init__(self, store: SessionStore, retention: Retention) -> None:
        self._store = store
        self._retention = retention

    async def ListSessions(
        self, request: chat_pb2.ListSessionsRequest, context: Context
    ) -> chat_pb2.ListSessionsResponse:
        size = page_size(request.page_size, SESSIONS_PER_PAGE)
        after = page_position(request.page_token, int, int)
        since_ms = self._retention.since_ms()
        chatbot_id, wanted = current_principal().chatbot_id, conversation_filter(request.filter)
        until = None
        if wanted.text:
            until = await self._store.end_of_search(chatbot_id, after, since_ms, wanted)
        rows = await self._store.list_sessions(chatbot_id, after, size + 1, since_ms, wanted, until)
        sessions, token = cut_page(rows, size, lambda session: (session.last_used_ms, session.key))
        further = () if token or until is None else until
        return chat_pb2.ListSessionsResponse(
            sessions=map(session_message, sessions),
            next_page_token=page_token(*further) if further else token,
            looked_back_to_ms=further[0] if further else 0,
        )

    async def GetSession(self, request: chat_pb2.GetSessionRequest, context: Context) -> chat_pb2.GetSessionResponse:
        size = page_size(request.page_size, MAXIMUM_PAGE_SIZE)
        (after,) = page_position(request.page_token, int) or (0,)
        session, turns = await self._session(_storable(request.session_id), after, size + 1)
        number = fitting([turn.texts for turn in turns[:size]])
        return chat_pb2.GetSessionResponse(
            session=session_message(session),
            turns=map(turn_message, turns[:number]),
            next_page_token=page_token(after + number) if number < len(turns) else "",
        )

    async def ExportTurns(self, request: chat_pb2.ExportTurnsRequest, context: Context) -> chat_pb2.ExportTurnsResponse:
        size = page_size(request.page_size, MAXIMUM_PAGE_SIZE)
        session_id = _storable(request.session_id) if request.HasField("session_id") else None
        after = exported_place(request.page_token)
        chatbot_id, since_ms = current_principal().chatbot_id, self._retention.since_ms()
        wanted = conversation_filter(request.filter)
        rows = await self._store.export(chatbot_id, session_id, after, size + 1, since_ms, wanted)
        if session_id is not None and after is None and not rows:
            # The filter may leave nothing of a session that is there.
            await self._session(session_id, 0, 1)
        turns, token = cut_page(rows, fitting([row.turn.texts for row in rows[:size]]), exported_position)
        return chat_pb2.ExportTurnsResponse(turns=map(exported_message, turns), next_page_token=token)

    async def GetTrace(self, request: chat_pb2.GetTraceRequest, context: Context) -> chat_pb2.GetTraceResponse:
        principal = current_principal()
        if principal.account_id and not principal.chatbot_id:
            raise refusal(Text.NEEDS_CHATBOT_SCOPE)
        since_ms = self._retention.since_ms()
        traced = await self._store.traced(request.request_id, principal.chatbot_id or None, since_ms)
        if traced is None:
            raise refusal(Text.UNKNOWN_REQUEST)
        return traced_message(traced)

    async def DeleteSession(
        self, request: chat_pb2.DeleteSessionRequest, context: Context
    ) -> chat_pb2.DeleteSessionResponse:
        if not await self._store.delete_session(current_principal().chatbot_id, _storable(request.session_id)):
            raise _not_found()
        return chat_pb2.DeleteSessionResponse()

    async def DeleteAllSessions(
        self, request: chat_pb2.DeleteAllSessionsRequest, context: Context
    ) -> chat_pb2.DeleteAllSessionsResponse:
        sessions = await self._store.delete_all(current_principal().chatbot_id, keep_profile=request.keep_profile)
        return chat_pb2.DeleteAllSessionsResponse(sessions=sessions)

    async def _session(self, session_id: str, after: int, limit: int) -> tuple[Session, tuple[Turn, ...]]:
        since_ms = self._retention.since_ms()
        found = await self._store.session(current_principal().chatbot_id, session_id, since_ms, after, limit)
        if found is None:
            raise _not_found()
        return found


def _storable(session_id: str) -> str:
    # Nothing has an id with this character, and Postgres refuses to even look for one.
    if "\0" in session_id:
        raise _not_found()
    return session_id


def _not_found() -> ChatmountError:
    return refusal(Text.NOT_FOUND, thing="session")
