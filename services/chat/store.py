"""Chat's SQL: profiles, sessions, turns. Every statement names the chatbot; none reaches another's rows."""

import json
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, and_, case, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.chat.answerers.answerer import PastTurn
from services.chat.history import HISTORY_TURNS
from services.chat.memory import Opening
from services.chat.profile import Profile, ProfileChange
from services.chat.sessions import Session, Turn
from services.chat.tables import PROFILES, SESSIONS, TURNS
from services.database import Database

SWEEP_BATCH = 500
_S, _T = SESSIONS.c, TURNS.c


class ChatStore:
    """Profiles, sessions and turns of all chatbots.

    `since_ms` parameters tell how far back a session's last message may lie; an older one counts as not there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    async def opening(self, chatbot_id: str, session_id: str | None, since_ms: int) -> Opening:
        """The chatbot's profile and the session's newest turns."""
        async with self._database.read() as connection:
            profile = await _profile(connection, chatbot_id)
            if session_id is None:
                return Opening(profile)
            newest = (
                select(_T.question, _T.answer)
                .join(SESSIONS, _S.key == _T.session_key)
                .where(_live(chatbot_id, session_id, since_ms))
                .order_by(_T.position.desc())
                .limit(HISTORY_TURNS)
            )
            rows = (await connection.execute(newest)).all()
        return Opening(profile, tuple(PastTurn(row.question, row.answer) for row in reversed(rows)))

    async def append(self, chatbot_id: str, session_id: str, turn: Turn, since_ms: int) -> None:
        """Adds a turn at the end of the session, which begins with it if there is none."""
        same = and_(_S.chatbot_id == chatbot_id, _S.id == session_id)
        new = self._insert(SESSIONS).values(
            chatbot_id=chatbot_id,
            id=session_id,
            created_ms=turn.completed_ms,
            last_used_ms=turn.completed_ms,
            turns=1,
        )
        last_used = case(
            (new.excluded.last_used_ms > _S.last_used_ms, new.excluded.last_used_ms), else_=_S.last_used_ms
        )
        # The session's row stays locked until the commit, so concurrent turns get positions one after the other.
        upsert = new.on_conflict_do_update(
            index_elements=[_S.chatbot_id, _S.id],
            set_={"turns": _S.turns + 1, "last_used_ms": last_used},
        ).returning(_S.key, _S.turns)
        async with self._database.write() as connection:
            await connection.execute(delete(SESSIONS).where(same, _S.last_used_ms < since_ms))
            session = (await connection.execute(upsert)).one()
            await connection.execute(
                TURNS.insert().values(
                    session_key=session.key,
                    position=session.turns,
                    question=turn.question,
                    answer=turn.answer,
                    source_urls=json.dumps(turn.source_urls),
                    request_id=turn.request_id,
                    completed_ms=turn.completed_ms,
                    broken_off=turn.broken_off,
                )
            )

    async def profile(self, chatbot_id: str) -> Profile:
        """The chatbot's profile; the defaults when none was ever set."""
        async with self._database.read() as connection:
            return await _profile(connection, chatbot_id)

    async def change_profile(self, chatbot_id: str, change: ProfileChange) -> Profile:
        """Sets what the change sets and returns the profile as it is then."""
        values = {
            name: value
            for name, value in (
                ("instructions", change.instructions),
                ("fallback", change.fallback),
                ("abstention_threshold", change.abstention_threshold),
            )
            if value is not None
        }
        insert = self._insert(PROFILES).values(chatbot_id=chatbot_id, **values)
        if values:
            upsert = insert.on_conflict_do_update(index_elements=[PROFILES.c.chatbot_id], set_=values)
        else:
            upsert = insert.on_conflict_do_nothing()
        async with self._database.write() as connection:
            await connection.execute(upsert)
            return await _profile(connection, chatbot_id)

    async def list_sessions(
        self, chatbot_id: str, after: tuple[int, ...] | None, limit: int, since_ms: int
    ) -> tuple[Session, ...]:
        """Sessions, the most recently used first, from the one after `after` (its last_used_ms and key) on."""
        page = (
            select(SESSIONS)
            .where(_S.chatbot_id == chatbot_id, _S.last_used_ms >= since_ms)
            .order_by(_S.last_used_ms.desc(), _S.key.desc())
            .limit(limit)
        )
        if after is not None:
            last_used_ms, key = after
            same_time = and_(_S.last_used_ms == last_used_ms, _S.key < key)
            page = page.where(or_(_S.last_used_ms < last_used_ms, same_time))
        async with self._database.read() as connection:
            return tuple(_session(row) for row in (await connection.execute(page)).all())

    async def session(
        self, chatbot_id: str, session_id: str, since_ms: int, after_turn: int, limit: int
    ) -> tuple[Session, tuple[Turn, ...]] | None:
        """A session with its turns from number `after_turn` + 1 on, oldest first; None when there is none."""
        async with self._database.read() as connection:
            found = select(SESSIONS).where(_live(chatbot_id, session_id, since_ms))
            row = (await connection.execute(found)).one_or_none()
            if row is None:
                return None
            turns = select(TURNS).where(_T.session_key == row.key, _T.position > after_turn)
            rows = (await connection.execute(turns.order_by(_T.position).limit(limit))).all()
        return _session(row), tuple(_turn(row) for row in rows)

    async def delete_session(self, chatbot_id: str, session_id: str) -> bool:
        """Deletes a session with its turns; False when there is no such session."""
        gone = delete(SESSIONS).where(_S.chatbot_id == chatbot_id, _S.id == session_id)
        async with self._database.write() as connection:
            return (await connection.execute(gone)).rowcount > 0

    async def delete_all(self, chatbot_id: str) -> int:
        """Deletes the chatbot's profile and sessions; returns how many sessions there were."""
        async with self._database.write() as connection:
            await connection.execute(delete(PROFILES).where(PROFILES.c.chatbot_id == chatbot_id))
            return (await connection.execute(delete(SESSIONS).where(_S.chatbot_id == chatbot_id))).rowcount

    async def sweep(self, since_ms: int) -> int:
        """Deletes some of the sessions, of all chatbots, that were last used before `since_ms`; returns how many.

        A batch at a time, so that answers in progress don't wait long for the write lock. Replicas may sweep at once.
        """
        ended = select(_S.key).where(_S.last_used_ms < since_ms).limit(SWEEP_BATCH).with_for_update(skip_locked=True)
        async with self._database.write() as connection:
            keys: Sequence[int] = (await connection.execute(ended)).scalars().all()
            if keys:
                await connection.execute(delete(SESSIONS).where(_S.key.in_(keys)))
        return len(keys)


def _live(chatbot_id: str, session_id: str, since_ms: int) -> ColumnElement[bool]:
    return and_(_S.chatbot_id == chatbot_id, _S.id == session_id, _S.last_used_ms >= since_ms)


async def _profile(connection: AsyncConnection, chatbot_id: str) -> Profile:
    found = select(PROFILES).where(PROFILES.c.chatbot_id == chatbot_id)
    row = (await connection.execute(found)).one_or_none()
    if row is None:
        return Profile()
    default = Profile()
    threshold = row.abstention_threshold
    return Profile(
        instructions=row.instructions or default.instructions,
        fallback=row.fallback or default.fallback,
        abstention_threshold=default.abstention_threshold if threshold is None else threshold,
    )


def _session(row: Row[tuple[object, ...]]) -> Session:
    return Session(row.key, row.id, row.created_ms, row.last_used_ms, row.turns)


def _turn(row: Row[tuple[object, ...]]) -> Turn:
    return Turn(
        question=row.question,
        answer=row.answer,
        source_urls=tuple(json.loads(row.source_urls)),
        request_id=row.request_id,
        completed_ms=row.completed_ms,
        broken_off=row.broken_off,
    )
