"""Sessions as operators see them: listed, exported, traced.

Every statement that reads for a caller names the chatbot; none reaches another's rows.
"""

import json
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import col, exists, or_, select

from services.chat.conversation_filter import ALL_CONVERSATIONS, ConversationFilter
from services.chat.sessions import ExportedTurn, Rating, Session, TracedTurn, Turn
from services.chat.store.conversations import (
    CHOSEN,
    LIVE,
    WITH_TURN,
    Place,
    after_place,
    asked,
    listed_sessions,
    places_of_sessions,
    read_channel,
    said,
)
from services.chat.store.session_deletion import SessionDeletion
from services.chat.store.tables import SessionRow, TurnRow
from services.chat.store.traced import ANY_FAILURE, ANY_TURN, FAILURE, TURN
from services.chat.trace import Trace
from services.database import LONG_SECONDS, Database
from services.database.database import USUAL
from services.database.records import to_record
from services.request_id import NO_REQUEST_ID

SEARCHED_AT_ONCE = 20_000
"""Sessions in which a text is looked for, for a page."""

_to_session = to_record(
    Session,
    SessionRow,
    channel=read_channel,
    first_question=lambda stored: stored or "",
)
to_turn = to_record(
    Turn,
    TurnRow,
    source_urls=lambda stored: tuple(json.loads(stored)),
    source_titles=lambda stored: tuple(json.loads(stored)) if stored else (),
    rating=lambda stored: Rating(stored or ""),
    rating_comment=lambda stored: stored or "",
)
TURN_COLUMNS: tuple[Any, ...] = tuple(TurnRow.__table__.c[name] for name in Turn.__dataclass_fields__)
"""Turns without their traces: a page of them would be several times as long."""
_SESSION = select_columns(SessionRow.__table__).where(*LIVE, WITH_TURN, col(SessionRow.id) == bindparam("session_id"))
_TURNS = (
    select_columns(*TURN_COLUMNS)
    .where(col(TurnRow.session_key) == bindparam("key"), col(TurnRow.position) > bindparam("after"))
    .order_by(col(TurnRow.position))
    .limit(bindparam("size"))
)


class SessionStore(SessionDeletion):
    """Sessions of all chatbots.

    Those whose last message is older than `since_ms` count as not there.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._said = partial(said, database.is_sqlite)

    async def list_sessions(
        self,
        chatbot_id: str,
        after: Place | None,
        limit: int,
        since_ms: int,
        wanted: ConversationFilter = ALL_CONVERSATIONS,
        until: Place | None = None,
    ) -> tuple[Session, ...]:
        """Sessions, the most recently used first.

        `after`: the last_used_ms and key of the one before; `until`: those of the last that may be given.
        """
        place = after_place(after) | ({} if until is None else {"last_ms": until[0], "last_key": until[1]})
        given = asked(wanted) | place
        listed = listed_sessions(frozenset(given))
        if wanted.text:
            # No EXISTS: Postgres would begin with all turns of all chatbots.
            listed = listed.where(self._said(wanted.text).limit(1).scalar_subquery())
        of = {"chatbot_id": chatbot_id, "since_ms": since_ms, "size": limit}
        return tuple(map(_to_session, await self._database.fetch(listed, of | given, _seconds(wanted))))

    async def end_of_search(
        self, chatbot_id: str, after: Place | None, since_ms: int, wanted: ConversationFilter
    ) -> Place | None:
        """The place up to which a search for a text looks in one go; None: the last there is.

        A search for what was never said would look at all turns that there are.
        """
        given = asked(replace(wanted, rating=Rating.UNSPECIFIED)) | after_place(after)
        of = {"chatbot_id": chatbot_id, "since_ms": since_ms, "before": SEARCHED_AT_ONCE - 1}
        rows = await self._database.fetch(places_of_sessions(frozenset(given)), of | given)
        return (rows[0].last_used_ms, rows[0].key) if rows else None

    async def session(
        self, chatbot_id: str, session_id: str, since_ms: int, after_turn: int, limit: int
    ) -> tuple[Session, tuple[Turn, ...]] | None:
        """A session with its turns after number `after_turn`, oldest first; None for none."""
        one = {"chatbot_id": chatbot_id, "session_id": session_id, "since_ms": since_ms}
        session = await self._database.look_up(_SESSION, one)
        if session is None:
            return None
        place = {"key": session.key, "after": after_turn, "size": limit}
        return _to_session(session), tuple(map(to_turn, await self._database.fetch(_TURNS, place)))

    async def export(
        self,
        chatbot_id: str,
        session_id: str | None,
        after: tuple[str, int] | None,
        limit: int,
        since_ms: int,
        wanted: ConversationFilter = ALL_CONVERSATIONS,
    ) -> tuple[ExportedTurn, ...]:
        """Turns by session id, and by number within each: an order that no new turn changes.

        `after`: a session id and a number; None: from the first. `session_id` None: of all sessions.
        """
        given = asked(wanted)
        turns = _turns_with(col(SessionRow.id), col(TurnRow.position))
        turns = turns.where(*LIVE, WITH_TURN, *(CHOSEN[name] for name in given))
        if wanted.text:
            turns = turns.where(exists(self._said(wanted.text)))
        if session_id is not None:
            turns = turns.where(SessionRow.id == session_id)
        if after is not None:
            # The first condition says nothing new, but an index begins where it says.
            turns = turns.where(
                col(SessionRow.id) >= after[0],
                or_(col(SessionRow.id) > after[0], col(TurnRow.position) > after[1]),
            )
        turns = turns.order_by(col(SessionRow.id), col(TurnRow.position)).limit(limit)
        of = {"chatbot_id": chatbot_id, "since_ms": since_ms}
        rows = await self._database.fetch(turns, of | given, _seconds(wanted))
        return tuple(ExportedTurn(row.id, row.position, to_turn(row)) for row in rows)

    async def traced(self, request_id: str, chatbot_id: str | None, since_ms: int) -> TracedTurn | None:
        """What became of a request; None when nothing is known. `chatbot_id` None: of any chatbot."""
        # What came without an id, past the edge, can't be told apart. Postgres refuses to look for the last one.
        if request_id in ("", NO_REQUEST_ID) or "\0" in request_id:
            return None
        known: dict[str, object] = {"request_id": request_id, "since_ms": since_ms}
        turn, failure = ANY_TURN, ANY_FAILURE
        if chatbot_id is not None:
            known["chatbot_id"] = chatbot_id
            turn, failure = TURN, FAILURE
        row = await self._database.look_up(turn, known)
        if row is not None:
            trace = row.trace and Trace.from_json(row.trace)
            return TracedTurn(row.chatbot_id, row.id, to_turn(row), trace, row.position)
        failed = await self._database.look_up(failure, known)
        if failed is None:
            return None
        asked = Turn(failed.question, "", (), failed.request_id, failed.failed_ms)
        return TracedTurn(failed.chatbot_id, failed.session_id or "", asked, Trace.from_json(failed.trace))


def _seconds(wanted: ConversationFilter) -> float:
    # What fits a filter may have to be looked for in all that there is.
    return USUAL if wanted == ALL_CONVERSATIONS else LONG_SECONDS


def _turns_with(*more: Any) -> Any:
    return select(*TURN_COLUMNS, *more).join(SessionRow, col(SessionRow.key) == col(TurnRow.session_key))
