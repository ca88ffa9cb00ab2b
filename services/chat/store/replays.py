"""What a replay reads: the turns before one, and the newest of a chatbot."""

from sqlalchemy import bindparam, select

from services.chat.answerers.answerer import PastTurn
from services.chat.history import HISTORY_TURNS
from services.chat.sessions import TracedTurn
from services.chat.store.conversations import IS_LIVE, LIVE, WITH_TURN
from services.chat.store.tables import SessionRow, TurnRow
from services.database import LONG_SECONDS, Database
from services.request_id import NO_REQUEST_ID

_S, _T = SessionRow.__table__.c, TurnRow.__table__.c
_LAST_POSITION, _LAST_MS = 2**31 - 1, 2**63 - 1

_BEFORE = (
    select(_T.question, _T.answer)
    .join(SessionRow.__table__, _S.key == _T.session_key)
    .where(_S.chatbot_id == bindparam("chatbot_id"), _S.id == bindparam("session_id"))
    .where(IS_LIVE)
    .where(_T.position < bindparam("position"), _T.completed_ms <= bindparam("until_ms"))
    .order_by(_T.position.desc())
    .limit(bindparam("size"))
)
# Each has a turn, which is as new as the session: the newest turns are among those of as many sessions.
_NEWEST_SESSIONS = (
    select(_S.key)
    .where(*LIVE, WITH_TURN)
    .order_by(_S.last_used_ms.desc(), _S.key.desc())
    .limit(bindparam("size"))
    .cte("newest_sessions")
)
_NEWEST = (
    select(_T.request_id)
    .join(_NEWEST_SESSIONS, _NEWEST_SESSIONS.c.key == _T.session_key)
    .order_by(_T.completed_ms.desc(), _T.session_key.desc(), _T.position.desc())
    .limit(bindparam("size"))
)


class ReplayStore:
    """Turns of all chatbots.

    Those of sessions that were last used before `since_ms` count as not there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def before(self, turn: TracedTurn, since_ms: int) -> tuple[PastTurn, ...]:
        """The turns that preceded one in its conversation, oldest first.

        Of a request that failed: those that were complete by then.
        """
        place = {
            "chatbot_id": turn.chatbot_id,
            "session_id": turn.session_id,
            "since_ms": since_ms,
            "position": turn.number or _LAST_POSITION,
            "until_ms": _LAST_MS if turn.number else turn.turn.completed_ms,
            "size": HISTORY_TURNS,
        }
        rows = await self._database.look_up_all(_BEFORE, place)
        return tuple(PastTurn(row.question, row.answer) for row in reversed(rows))

    async def newest(self, chatbot_id: str, number: int, since_ms: int) -> tuple[str, ...]:
        """The request ids of the newest turns, the newest first, less those that came without one."""
        wanted = {"chatbot_id": chatbot_id, "since_ms": since_ms, "size": number}
        rows = await self._database.fetch(_NEWEST, wanted, seconds=LONG_SECONDS)
        return tuple(row.request_id for row in rows if row.request_id != NO_REQUEST_ID)
