"""The conditions by which sessions are chosen."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, or_, select, true, tuple_
from sqlmodel import col

from services.chat.conversation_filter import ConversationFilter
from services.chat.sessions import Rating
from services.chat.store.tables import SessionRow, TurnRow
from services.chat.store.text_search import contains
from services.trust.principal import Channel

_S, _T = SessionRow.__table__.c, TurnRow.__table__.alias().c

IS_LIVE = _S.last_used_ms >= bindparam("since_ms")
IS_OVER = _S.last_used_ms < bindparam("since_ms")
"""A session that is over counts as not there, until a sweep deletes it."""
LIVE = (_S.chatbot_id == bindparam("chatbot_id"), IS_LIVE)
"""Sessions of a chatbot that are not over."""
WITH_TURN = _S.turns > 0

# In the words of an index, which only then is taken. Few turns are rated: they are read once, where EXISTS would look
# into the index for every session. Postgres makes an EXISTS of an IN that stands alone.
_RATED = select(_T.session_key).where(_T.rating.is_not(None), _T.rating == bindparam("rating"))
CHOSEN: Mapping[str, Any] = {
    "channel": _S.channel == bindparam("channel"),
    "is_api": _S.channel.is_(None),
    "from_ms": _S.last_used_ms >= bindparam("from_ms"),
    "until_ms": _S.last_used_ms < bindparam("until_ms"),
    "rating": _S.key.in_(_RATED).is_(true()),
}
"""Conditions by the names of their parameters, so that a statement is built once for each set of them."""

Place = tuple[int, ...]
"""Of a session in lists: its last_used_ms and key."""
_PLACE_COLUMNS = _S.last_used_ms, _S.key
_PLACE = tuple_(*_PLACE_COLUMNS)
_WITHIN: Mapping[str, Any] = {
    "after_key": tuple_(bindparam("after_ms"), bindparam("after_key")) > _PLACE,
    "last_key": tuple_(bindparam("last_ms"), bindparam("last_key")) <= _PLACE,
}


def stored_channel(channel: Channel) -> str | None:
    """As it stands in the column."""
    return None if channel == Channel.API else channel


def read_channel(stored: str | None) -> Channel:
    """What the column says."""
    return Channel(stored or Channel.API)


def asked(wanted: ConversationFilter) -> dict[str, Any]:
    """What a filter asks for, but its text, by the names in CHOSEN."""
    channel, rating = wanted.channel, wanted.rating
    given = {
        "channel": None if channel is None else stored_channel(channel),
        "is_api": True if channel == Channel.API else None,
        "from_ms": wanted.since_ms or None,
        "until_ms": wanted.until_ms or None,
        "rating": None if rating is Rating.UNSPECIFIED else rating.value,
    }
    return {name: value for name, value in given.items() if value is not None}


def said(on_sqlite: bool, text: str) -> Select[Any]:
    """The turns of the session of a statement around this one in which a text stands."""
    turn = TurnRow.__table__.alias().c
    texts = (contains(on_sqlite, column, text) for column in (turn.question, turn.answer))
    return select(true()).where(turn.session_key == col(SessionRow.key), or_(*texts)).correlate(SessionRow.__table__)


def after_place(place: Place | None) -> dict[str, Any]:
    """What lists continue from, by the names of parameters."""
    return {} if place is None else {"after_ms": place[0], "after_key": place[1]}


@cache
def listed_sessions(given: frozenset[str]) -> Any:
    """Sessions that the parameters of these names narrow, the newest first."""
    return _newest_first(select(SessionRow.__table__).where(*LIVE, WITH_TURN), given).limit(bindparam("size"))


@cache
def places_of_sessions(given: frozenset[str]) -> Any:
    """The place behind so many sessions, with a turn or without.

    It takes what is in an index of places alone, so that no session is read for it.
    """
    places = _newest_first(select(*_PLACE_COLUMNS).where(*LIVE), given)
    return places.offset(bindparam("before")).limit(1)


def _newest_first(sessions: Any, given: frozenset[str]) -> Any:
    conditions = {**CHOSEN, **_WITHIN}
    chosen = sessions.where(*(condition for name, condition in conditions.items() if name in given))
    return chosen.order_by(*(column.desc() for column in _PLACE_COLUMNS))
