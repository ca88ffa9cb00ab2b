"""Chat's statements, made once: making one costs several times what running it does.

Every statement that reads or deletes for a caller names the chatbot; none reaches another's rows.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from services.chat.store.tables import FAILED_REQUESTS, IDEMPOTENT_REQUESTS, PROFILES, SESSIONS, TURNS

_P, _S, _T, _F = PROFILES.c, SESSIONS.c, TURNS.c, FAILED_REQUESTS.c
_OF_CHATBOT = _S.chatbot_id == bindparam("chatbot_id")
_SAME_SESSION = and_(_OF_CHATBOT, _S.id == bindparam("session_id"))
_LIVE = _S.last_used_ms >= bindparam("since_ms")

PROFILE = select(
    _P.instructions, _P.fallback, _P.abstention_threshold, _P.model, _P.temperature, _P.answer_tokens
).where(_P.chatbot_id == bindparam("chatbot_id"))

NEWEST_TURNS = (
    select(_T.question, _T.answer)
    .join(SESSIONS, _S.key == _T.session_key)
    .where(_SAME_SESSION, _LIVE)
    .order_by(_T.position.desc())
    .limit(bindparam("size"))
)

ONE_SESSION = select(SESSIONS).where(_SAME_SESSION, _LIVE)

# Without their traces: a page of turns would be several times as long.
_TURN = (_T.question, _T.answer, _T.source_urls, _T.request_id, _T.completed_ms, _T.broken_off)

TURNS_AFTER = (
    select(*_TURN)
    .where(_T.session_key == bindparam("key"), _T.position > bindparam("after"))
    .order_by(_T.position)
    .limit(bindparam("size"))
)

FIRST_SESSIONS = (
    select(SESSIONS).where(_OF_CHATBOT, _LIVE).order_by(_S.last_used_ms.desc(), _S.key.desc()).limit(bindparam("size"))
)

SESSIONS_AFTER = FIRST_SESSIONS.where(
    or_(
        _S.last_used_ms < bindparam("last_used_ms"),
        and_(_S.last_used_ms == bindparam("last_used_ms"), _S.key < bindparam("key")),
    )
)

ADD_TURN = insert(TURNS)
DELETE_SESSION = delete(SESSIONS).where(_SAME_SESSION)
DELETE_IDEMPOTENT_REQUESTS = delete(IDEMPOTENT_REQUESTS).where(
    IDEMPOTENT_REQUESTS.c.chatbot_id == bindparam("chatbot_id")
)
DELETE_PROFILE = delete(PROFILES).where(_P.chatbot_id == bindparam("chatbot_id"))
DELETE_SESSIONS = delete(SESSIONS).where(_OF_CHATBOT)
DELETE_FAILED = delete(FAILED_REQUESTS).where(_F.chatbot_id == bindparam("chatbot_id"))
DELETE_FAILED_OF_SESSION = DELETE_FAILED.where(_F.session_id == bindparam("session_id"))
DELETE_TURNS = delete(TURNS).where(_T.session_key == bindparam("key"))

LOCK_SESSION = select(_S.key).where(_SAME_SESSION).with_for_update()
DELETE_TURN = delete(TURNS).where(
    _T.session_key == bindparam("key"),
    _T.request_id == bindparam("request_id"),
    _T.completed_ms == bindparam("completed_ms"),
    _T.question == bindparam("question"),
)
LAST_POSITION = select(func.max(_T.position)).where(_T.session_key == bindparam("key"))
COUNT_TURNS = update(SESSIONS).where(_S.key == bindparam("of_key")).values(turns=bindparam("last"))

TAKE_ENDED = (
    select(_S.key)
    .where(_S.last_used_ms < bindparam("since_ms"))
    .limit(bindparam("size"))
    .with_for_update(skip_locked=True)
)
DELETE_ENDED = delete(SESSIONS).where(_S.key.in_(bindparam("keys", expanding=True)))

FIRST_TURNS_OF_ALL = (
    select(*_TURN, _T.position, _S.id.label("session_id"))
    .join(SESSIONS, _S.key == _T.session_key)
    .where(_OF_CHATBOT, _LIVE)
    .order_by(_S.id, _T.position)
    .limit(bindparam("size"))
)
FIRST_TURNS_OF_ONE = FIRST_TURNS_OF_ALL.where(_S.id == bindparam("session_id"))
# The first condition says nothing new, but an index begins where it says.
_AFTER_TURN = and_(
    _S.id >= bindparam("after_session"), or_(_S.id > bindparam("after_session"), _T.position > bindparam("after_turn"))
)
NEXT_TURNS_OF_ALL = FIRST_TURNS_OF_ALL.where(_AFTER_TURN)
NEXT_TURNS_OF_ONE = FIRST_TURNS_OF_ONE.where(_AFTER_TURN)

# Ids of requests are made up at the edge and never given twice; the newest, should anybody have asked without the edge.
TURN_OF_REQUEST_ANYWHERE = (
    select(*_TURN, _T.trace, _S.chatbot_id, _S.id.label("session_id"))
    .join(SESSIONS, _S.key == _T.session_key)
    .where(_T.request_id == bindparam("request_id"), _LIVE)
    .order_by(_T.completed_ms.desc())
    .limit(1)
)
TURN_OF_REQUEST = TURN_OF_REQUEST_ANYWHERE.where(_OF_CHATBOT)

FAILED_REQUEST_ANYWHERE = (
    select(FAILED_REQUESTS)
    .where(_F.request_id == bindparam("request_id"), _F.failed_ms >= bindparam("since_ms"))
    .order_by(_F.failed_ms.desc())
    .limit(1)
)
FAILED_REQUEST = FAILED_REQUEST_ANYWHERE.where(_F.chatbot_id == bindparam("chatbot_id"))

ADD_FAILED = insert(FAILED_REQUESTS)
TAKE_OLD_FAILED = (
    select(_F.key)
    .where(_F.failed_ms < bindparam("since_ms"))
    .limit(bindparam("size"))
    .with_for_update(skip_locked=True)
)
DELETE_OLD_FAILED = delete(FAILED_REQUESTS).where(_F.key.in_(bindparam("keys", expanding=True)))


def go_on(on_sqlite: bool) -> Any:
    """Counts one more turn in a session, or begins it, or begins it anew where it is over; gives key and turns.

    Until the transaction ends the session's row is locked, so concurrent turns get positions one after the other.
    """
    new = _insert(on_sqlite, SESSIONS).values(
        chatbot_id=bindparam("chatbot_id"),
        id=bindparam("session_id"),
        created_ms=bindparam("now_ms"),
        last_used_ms=bindparam("now_ms"),
        turns=literal(1),
    )
    over: ColumnElement[bool] = _S.last_used_ms < bindparam("since_ms")
    later = case((new.excluded.last_used_ms > _S.last_used_ms, new.excluded.last_used_ms), else_=_S.last_used_ms)
    return new.on_conflict_do_update(
        index_elements=[_S.chatbot_id, _S.id],
        set_={
            "turns": case((over, 1), else_=_S.turns + 1),
            "created_ms": case((over, new.excluded.created_ms), else_=_S.created_ms),
            "last_used_ms": later,
        },
    ).returning(_S.key, _S.turns)


def change_profile(on_sqlite: bool, chatbot_id: str, values: dict[str, object]) -> Any:
    """Sets some of a profile's columns, or makes sure that there is a row."""
    new = _insert(on_sqlite, PROFILES).values(chatbot_id=chatbot_id, **values)
    if not values:
        return new.on_conflict_do_nothing()
    return new.on_conflict_do_update(index_elements=[_P.chatbot_id], set_=values)


def _insert(on_sqlite: bool, table: Any) -> Any:
    return sqlite.insert(table) if on_sqlite else postgresql.insert(table)
