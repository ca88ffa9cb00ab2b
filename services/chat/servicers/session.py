"""SessionService: the conversations of a chatbot, for its operators."""

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from grpc.aio import ServicerContext

from services.chat.retention import Retention
from services.chat.servicers.trace_messages import trace_message
from services.chat.sessions import Placed, Session, Turn, fitting
from services.chat.store.conversations import ChatStore
from services.chat.store.traces import TraceStore
from services.chat.store.turn_export import TurnExport
from services.errors import ChatmountError, Text, refusal
from services.observe.telemetry import NO_REQUEST_ID
from services.rpc.pages import MAXIMUM_PAGE_SIZE, not_a_token, page_position, page_size, page_token
from services.trust.principal import current_principal

SESSIONS_PER_PAGE = 100


class SessionServicer(chat_pb2_grpc.SessionServiceServicer):
    """Sessions of the chatbot in the caller's token. Another's are not found, like those that never were."""

    def __init__(self, store: ChatStore, export: TurnExport, traces: TraceStore, retention: Retention) -> None:
        self._store = store
        self._export = export
        self._traces = traces
        self._retention = retention

    async def ListSessions(
        self,
        request: chat_pb2.ListSessionsRequest,
        context: ServicerContext[chat_pb2.ListSessionsRequest, chat_pb2.ListSessionsResponse],
    ) -> chat_pb2.ListSessionsResponse:
        size = page_size(request.page_size, SESSIONS_PER_PAGE)
        after = page_position(request.page_token, int, int)
        chatbot_id, since_ms = current_principal().chatbot_id, self._retention.since_ms()
        page = await self._store.list_sessions(chatbot_id, after, size + 1, since_ms)
        shown, more = page[:size], len(page) > size
        return chat_pb2.ListSessionsResponse(
            sessions=[_session(session) for session in shown],
            next_page_token=page_token(shown[-1].last_used_ms, shown[-1].key) if more else "",
        )

    async def GetSession(
        self,
        request: chat_pb2.GetSessionRequest,
        context: ServicerContext[chat_pb2.GetSessionRequest, chat_pb2.GetSessionResponse],
    ) -> chat_pb2.GetSessionResponse:
        size = page_size(request.page_size, MAXIMUM_PAGE_SIZE)
        (after,) = page_position(request.page_token, int) or (0,)
        found = await self._store.session(
            current_principal().chatbot_id, _storable(request.session_id), self._retention.since_ms(), after, size + 1
        )
        if found is None:
            raise _not_found()
        session, turns = found
        shown = fitting(turns[:size])
        return chat_pb2.GetSessionResponse(
            session=_session(session),
            turns=[_turn(turn) for turn in shown],
            next_page_token=page_token(after + len(shown)) if len(shown) < len(turns) else "",
        )

    async def ExportTurns(
        self,
        request: chat_pb2.ExportTurnsRequest,
        context: ServicerContext[chat_pb2.ExportTurnsRequest, chat_pb2.ExportTurnsResponse],
    ) -> chat_pb2.ExportTurnsResponse:
        size = page_size(request.page_size, MAXIMUM_PAGE_SIZE)
        session_id = _storable(request.session_id) if request.HasField("session_id") else None
        after = _place(request.page_token)
        chatbot_id, since_ms = current_principal().chatbot_id, self._retention.since_ms()
        page = await self._export.page(chatbot_id, session_id, after, size + 1, since_ms)
        if session_id is not None and after is None and not page:
            raise _not_found()
        shown = page[: len(fitting([placed.turn for placed in page[:size]]))]
        return chat_pb2.ExportTurnsResponse(
            turns=[_exported(placed) for placed in shown],
            next_page_token=_token_after(shown[-1]) if len(shown) < len(page) else "",
        )

    async def GetTrace(
        self,
        request: chat_pb2.GetTraceRequest,
        context: ServicerContext[chat_pb2.GetTraceRequest, chat_pb2.GetTraceResponse],
    ) -> chat_pb2.GetTraceResponse:
        principal = current_principal()
        if principal.account_id and not principal.chatbot_id:
            raise refusal(Text.NEEDS_CHATBOT_SCOPE)
        request_id = _storable(request.request_id, _unknown_request())
        found = None
        # What came without an id, past the edge, can't be told apart.
        if request_id not in ("", NO_REQUEST_ID):
            chatbot_id = principal.chatbot_id or None
            found = await self._traces.find(request_id, chatbot_id, self._retention.since_ms())
        if found is None:
            raise _unknown_request()
        trace = found.turn.trace
        return chat_pb2.GetTraceResponse(
            chatbot_id=found.chatbot_id,
            session_id=found.session_id or "",
            turn=_turn(found.turn),
            trace=trace_message(trace) if trace else None,
        )

    async def DeleteSession(
        self,
        request: chat_pb2.DeleteSessionRequest,
        context: ServicerContext[chat_pb2.DeleteSessionRequest, chat_pb2.DeleteSessionResponse],
    ) -> chat_pb2.DeleteSessionResponse:
        if not await self._store.delete_session(current_principal().chatbot_id, _storable(request.session_id)):
            raise _not_found()
        return chat_pb2.DeleteSessionResponse()

    async def DeleteAllSessions(
        self,
        request: chat_pb2.DeleteAllSessionsRequest,
        context: ServicerContext[chat_pb2.DeleteAllSessionsRequest, chat_pb2.DeleteAllSessionsResponse],
    ) -> chat_pb2.DeleteAllSessionsResponse:
        sessions = await self._store.delete_all(current_principal().chatbot_id)
        return chat_pb2.DeleteAllSessionsResponse(sessions=sessions)


def _token_after(placed: Placed) -> str:
    # A token holds nothing but ASCII, an id nearly anything.
    return page_token(placed.session_id.encode().hex(), placed.number)


def _place(token: str) -> tuple[str, int] | None:
    position = page_position(token, str, int)
    if position is None:
        return None
    try:
        session_id = bytes.fromhex(position[0]).decode()
    except ValueError as error:
        raise not_a_token() from error
    if "\0" in session_id:
        raise not_a_token()
    return session_id, position[1]


def _exported(placed: Placed) -> chat_pb2.ExportedTurn:
    return chat_pb2.ExportedTurn(session_id=placed.session_id, number=placed.number, turn=_turn(placed.turn))


def _storable(name: str, refused: ChatmountError | None = None) -> str:
    # Nothing has an id with this character, and Postgres refuses to even look for one.
    if "\0" in name:
        raise refused or _not_found()
    return name


def _not_found() -> ChatmountError:
    return refusal(Text.NOT_FOUND, thing="session")


def _unknown_request() -> ChatmountError:
    return refusal(Text.UNKNOWN_REQUEST)


def _session(session: Session) -> chat_pb2.Session:
    return chat_pb2.Session(
        id=session.id,
        created_at=session.created_ms // 1000,
        last_used_at=session.last_used_ms // 1000,
        turns=session.turns,
    )


def _turn(turn: Turn) -> chat_pb2.Turn:
    return chat_pb2.Turn(
        question=turn.question,
        answer=turn.answer,
        source_urls=turn.source_urls,
        created_at_ms=turn.completed_ms,
        request_id=turn.request_id,
        broken_off=turn.broken_off,
    )
