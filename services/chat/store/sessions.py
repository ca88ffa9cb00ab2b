"""Sessions as operators see them: listed, exported, traced, deleted; and their sweep.

Every statement that reads or deletes for a caller names the chatbot; none reaches another's rows.
"""

import json
from functools import partial
from typing import Any

from sqlalchemy import bindparam, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import col, delete, or_, select

from services.chat.conversation_filter import ALL_CONVERSATIONS, ConversationFilter
from services.chat.sessions import ExportedTurn, Rating, Session, TracedTurn, Turn
from services.chat.store.conversations import chosen, live, read_channel
from services.chat.store.deletion import delete_beside, delete_over
from services.chat.store.tables import (
    AppearanceRow,
    FailedRequestRow,
    IdempotentRequestRow,
    ProfileRow,
    SessionRow,
    TurnRow,
)
from services.chat.trace import Trace
from services.database import LONG_SECONDS, Database
from services.database.database import USUAL
from services.database.records import rows_in, to_record

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
_SESSION = select_columns(SessionRow.__table__).where(
    col(SessionRow.chatbot_id) == bindparam("chatbot_id"),
    col(SessionRow.id) == bindparam("session_id"),
    col(SessionRow.last_used_ms) >= bindparam("since_ms"),
)
_TURNS = (
    select_columns(*TURN_COLUMNS)
    .where(col(TurnRow.session_key) == bindparam("key"), col(TurnRow.position) > bindparam("after"))
    .order_by(col(TurnRow.position))
    .limit(bindparam("size"))
)


class SessionStore:
    """Sessions of all chatbots.

    Those whose last message is older than `since_ms` count as not there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._chosen = partial(chosen, database.is_sqlite)

    async def list_sessions(
        self,
        chatbot_id: str,
        after: tuple[int, ...] | None,
        limit: int,
        since_ms: int,
        wanted: ConversationFilter = ALL_CONVERSATIONS,
    ) -> tuple[Session, ...]:
        """Sessions, the most recently used first.

        `after`: the last_used_ms and key of the one before.
        """
        place = tuple_(col(SessionRow.last_used_ms), col(SessionRow.key))
        listed = select_columns(SessionRow.__table__).where(*live(chatbot_id, since_ms), *self._chosen(wanted))
        if after is not None:
            listed = listed.where(place < after)
        newest = col(SessionRow.last_used_ms).desc(), col(SessionRow.key).desc()
        rows = await self._database.fetch(listed.order_by(*newest).limit(limit), seconds=_seconds(wanted))
        return tuple(map(_to_session, rows))

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
        turns = _turns_with(col(SessionRow.id), col(TurnRow.position))
        turns = turns.where(*live(chatbot_id, since_ms), *self._chosen(wanted))
        if session_id is not None:
            turns = turns.where(SessionRow.id == session_id)
        if after is not None:
            # The first condition says nothing new, but an index begins where it says.
            turns = turns.where(
                col(SessionRow.id) >= after[0],
                or_(col(SessionRow.id) > after[0], col(TurnRow.position) > after[1]),
            )
        turns = turns.order_by(col(SessionRow.id), col(TurnRow.position)).limit(limit)
        rows = await self._database.fetch(turns, seconds=_seconds(wanted))
        return tuple(ExportedTurn(row.id, row.position, to_turn(row)) for row in rows)

    async def traced(self, request_id: str, chatbot_id: str | None, since_ms: int) -> TracedTurn | None:
        """What became of a request; None when nothing is known. `chatbot_id` None: of any chatbot."""
        # The edge gives no id twice; the newest, should a request have come without the edge.
        # By itself SQLite would look at all turns of the chatbot.
        of_request = select_columns(TurnRow.__table__).where(col(TurnRow.request_id) == request_id)
        asked = of_request.cte("of_request").prefix_with("MATERIALIZED")
        turns = (
            select_columns(*asked.c, col(SessionRow.chatbot_id), col(SessionRow.id))
            .join(SessionRow, col(SessionRow.key) == asked.c.session_key)
            .where(*live(chatbot_id, since_ms))
            .order_by(asked.c.completed_ms.desc())
        )
        failures = (
            select_columns(FailedRequestRow.__table__)
            .where(col(FailedRequestRow.request_id) == request_id, col(FailedRequestRow.failed_ms) >= since_ms)
            .order_by(col(FailedRequestRow.failed_ms).desc())
        )
        if chatbot_id is not None:
            failures = failures.where(col(FailedRequestRow.chatbot_id) == chatbot_id)
        row = await self._database.look_up(turns.limit(1), {})
        if row is not None:
            return TracedTurn(row.chatbot_id, row.id, to_turn(row), row.trace and Trace.from_json(row.trace))
        failed = await self._database.look_up(failures.limit(1), {})
        if failed is None:
            return None
        turn = Turn(failed.question, "", (), failed.request_id, failed.failed_ms)
        return TracedTurn(failed.chatbot_id, failed.session_id or "", turn, Trace.from_json(failed.trace))

    async def delete_session(self, chatbot_id: str, session_id: str) -> bool:
        """Deletes a session with all that was asked in it; False when there is no such session."""
        this = col(SessionRow.chatbot_id) == chatbot_id, col(SessionRow.id) == session_id
        async with self._database.write() as connection:
            deleted = await rows_in(connection).exec(delete(SessionRow).where(*this))
            await delete_beside(connection, chatbot_id, session_id)
            return deleted.rowcount > 0

    async def delete_all(self, chatbot_id: str, *, keep_profile: bool = False) -> int:
        """Deletes all that is the chatbot's, or all but its profile; returns how many sessions."""
        async with self._database.write(LONG_SECONDS) as connection:
            rows = rows_in(connection)
            of_chatbot = () if keep_profile else (ProfileRow, AppearanceRow)
            for table in (IdempotentRequestRow, FailedRequestRow, *of_chatbot):
                await rows.exec(delete(table).where(col(table.chatbot_id) == chatbot_id))
            return (await rows.exec(delete(SessionRow).where(col(SessionRow.chatbot_id) == chatbot_id))).rowcount

    async def sweep(self, since_ms: int) -> int:
        """Deletes a batch of what is from before `since_ms`; returns how many.

        Sessions and failed requests, of all chatbots. A batch at a time, so that answers in progress don't wait
        long for the write lock. Replicas may sweep at once.
        """
        return await delete_over(self._database, since_ms)


def _seconds(wanted: ConversationFilter) -> float:
    # What fits a filter may have to be looked for in all that there is.
    return USUAL if wanted == ALL_CONVERSATIONS else LONG_SECONDS


def _turns_with(*more: Any) -> Any:
    return select(*TURN_COLUMNS, *more).join(SessionRow, col(SessionRow.key) == col(TurnRow.session_key))
