"""The statements that questions wait for, made once.

Making one costs several times what running it does.

Every statement that reads for a caller names the chatbot; none reaches another's rows.
"""

from typing import Any

from sqlalchemy import bindparam, case, delete, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from services.chat.store.conversations import IS_LIVE, IS_OVER
from services.chat.store.tables import FailedRequestRow, ProfileRow, SessionRow, TurnRow

_P, _S, _T = ProfileRow.__table__.c, SessionRow.__table__.c, TurnRow.__table__.c

PROFILE = select(ProfileRow.__table__).where(_P.chatbot_id == bindparam("chatbot_id"))

NEWEST_TURNS = (
    select(_T.question, _T.answer, _S.channel)
    .join(SessionRow.__table__, _S.key == _T.session_key)
    .where(_S.chatbot_id == bindparam("chatbot_id"), _S.id == bindparam("session_id"))
    .where(IS_LIVE)
    .order_by(_T.position.desc())
    .limit(bindparam("size"))
)

# By a number that is never given again: a conversation that was deleted is not begun again by what it had asked.
TAKE_VISIT = select(_S.key).where(_S.key == bindparam("of_key")).with_for_update()
CONTINUE_VISIT = (
    update(SessionRow.__table__)
    .where(_S.key == bindparam("of_key"))
    .values(
        turns=_S.turns + 1,
        last_used_ms=case((bindparam("now_ms") > _S.last_used_ms, bindparam("now_ms")), else_=_S.last_used_ms),
        first_question=case((_S.turns == 0, bindparam("first_question")), else_=_S.first_question),
    )
    .returning(_S.key, _S.turns)
)

ADD_TURN = insert(TurnRow.__table__)
DELETE_TURNS = delete(TurnRow.__table__).where(_T.session_key == bindparam("key"))
ADD_FAILED = insert(FailedRequestRow.__table__)


def upsert(on_sqlite: bool, table: Any) -> Any:
    """An insert that can tell what to do where the row is there already."""
    return sqlite.insert(table) if on_sqlite else postgresql.insert(table)


def continue_session(on_sqlite: bool) -> Any:
    """Counts one more turn in a session, or begins it; gives key and turns.

    One that is over begins again. No row when the session is another channel's. Until the transaction ends the
    session's row is locked, so concurrent turns get positions one after the other.
    """
    new = upsert(on_sqlite, SessionRow.__table__).values(
        chatbot_id=bindparam("chatbot_id"),
        id=bindparam("session_id"),
        created_ms=bindparam("now_ms"),
        last_used_ms=bindparam("now_ms"),
        turns=literal(1),
        channel=bindparam("channel"),
        first_question=bindparam("first_question"),
    )
    later = case((new.excluded.last_used_ms > _S.last_used_ms, new.excluded.last_used_ms), else_=_S.last_used_ms)
    return new.on_conflict_do_update(
        index_elements=[_S.chatbot_id, _S.id],
        set_={
            "turns": case((IS_OVER, 1), else_=_S.turns + 1),
            "created_ms": case((IS_OVER, new.excluded.created_ms), else_=_S.created_ms),
            "last_used_ms": later,
            "channel": new.excluded.channel,
            "first_question": case((IS_OVER, new.excluded.first_question), else_=_S.first_question),
            # One that is over may have been a visitor's.
            "visitor_digest": None,
        },
        where=or_(IS_OVER, _S.channel.is_not_distinct_from(new.excluded.channel)),
    ).returning(_S.key, _S.turns)
