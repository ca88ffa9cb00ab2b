"""Profiles, sessions and turns, as rows."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from services.chat.answerers.answerer import ModelWishes, PastTurn
from services.chat.history import HISTORY_TURNS
from services.chat.memory import Opening
from services.chat.profile import Profile, ProfileChange
from services.chat.sessions import Session, Turn
from services.chat.store import statements
from services.chat.store.turn_log import NewNote, NewTurn, TurnLog
from services.database import LONG_SECONDS, Database

SWEEP_BATCH = 500


class ChatStore:
    """Profiles, sessions and turns of all chatbots.

    `since_ms` parameters tell how far back a session's last message may lie; an older one counts as not there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._log = TurnLog(database)

    async def opening(self, chatbot_id: str, session_id: str | None, since_ms: int) -> Opening:
        """The chatbot's profile and the session's newest turns."""
        profile = await self.profile(chatbot_id)
        if session_id is None:
            return Opening(profile)
        parameters = {
            "chatbot_id": chatbot_id,
            "session_id": session_id,
            "since_ms": since_ms,
            "size": HISTORY_TURNS,
        }
        rows = await self._database.look_up_all(statements.NEWEST_TURNS, parameters)
        return Opening(profile, tuple(PastTurn(row.question, row.answer) for row in reversed(rows)))

    async def append(self, chatbot_id: str, session_id: str, turn: Turn, since_ms: int) -> None:
        """Adds a turn at the end of the session, which begins with it if there is none."""
        await self._log.append(NewTurn(chatbot_id, session_id, turn, since_ms))

    async def take_back(self, chatbot_id: str, session_id: str, turn: Turn) -> None:
        """Takes an added turn out again; a session without another goes with it."""
        await self._log.take_back(chatbot_id, session_id, turn)

    async def note(self, chatbot_id: str, session_id: str | None, turn: Turn) -> None:
        """Keeps a question that got no answer, for operators; no part of any session. May be forgotten in a rush."""
        await self._log.note(NewNote(chatbot_id, session_id, turn))

    async def profile(self, chatbot_id: str) -> Profile:
        """The chatbot's profile; the defaults when none was ever set."""
        return _profile(await self._database.look_up(statements.PROFILE, {"chatbot_id": chatbot_id}))

    async def change_profile(self, chatbot_id: str, change: ProfileChange) -> Profile:
        """Sets what the change sets and returns the profile as it is then."""
        fields: dict[str, object] = {
            "instructions": change.instructions,
            "fallback": change.fallback,
            "abstention_threshold": change.abstention_threshold,
            "model": change.model,
            "temperature": change.temperature,
            "answer_tokens": change.answer_tokens,
        }
        values = {name: value for name, value in fields.items() if value is not None}
        async with self._database.write() as connection:
            await connection.execute(statements.change_profile(self._database.is_sqlite, chatbot_id, values))
            return _profile((await connection.execute(statements.PROFILE, {"chatbot_id": chatbot_id})).one())

    async def list_sessions(
        self, chatbot_id: str, after: tuple[int, ...] | None, limit: int, since_ms: int
    ) -> tuple[Session, ...]:
        """Sessions, the most recently used first, from the one after `after` (its last_used_ms and key) on."""
        parameters = {"chatbot_id": chatbot_id, "since_ms": since_ms, "size": limit}
        statement = statements.FIRST_SESSIONS
        if after is not None:
            statement = statements.SESSIONS_AFTER
            parameters |= {"last_used_ms": after[0], "key": after[1]}
        async with self._database.read() as connection:
            return tuple(_session(row) for row in (await connection.execute(statement, parameters)).all())

    async def session(
        self, chatbot_id: str, session_id: str, since_ms: int, after_turn: int, limit: int
    ) -> tuple[Session, tuple[Turn, ...]] | None:
        """A session with its turns from number `after_turn` + 1 on, oldest first; None when there is none."""
        parameters = {"chatbot_id": chatbot_id, "session_id": session_id, "since_ms": since_ms}
        async with self._database.read() as connection:
            row = (await connection.execute(statements.ONE_SESSION, parameters)).one_or_none()
            if row is None:
                return None
            page = {"key": row.key, "after": after_turn, "size": limit}
            rows = (await connection.execute(statements.TURNS_AFTER, page)).all()
        return _session(row), tuple(turn_of(row) for row in rows)

    async def delete_session(self, chatbot_id: str, session_id: str) -> bool:
        """Deletes a session with all that was asked in it; False when there is no such session."""
        parameters = {"chatbot_id": chatbot_id, "session_id": session_id}
        async with self._database.write() as connection:
            await connection.execute(statements.DELETE_FAILED_OF_SESSION, parameters)
            return (await connection.execute(statements.DELETE_SESSION, parameters)).rowcount > 0

    async def delete_all(self, chatbot_id: str) -> int:
        """Deletes all that is the chatbot's; returns how many sessions there were."""
        parameters = {"chatbot_id": chatbot_id}
        async with self._database.write(LONG_SECONDS) as connection:
            await connection.execute(statements.DELETE_IDEMPOTENT_REQUESTS, parameters)
            await connection.execute(statements.DELETE_PROFILE, parameters)
            await connection.execute(statements.DELETE_FAILED, parameters)
            return (await connection.execute(statements.DELETE_SESSIONS, parameters)).rowcount

    async def sweep(self, since_ms: int) -> int:
        """Deletes some of the sessions, of all chatbots, that were last used before `since_ms`; returns how many.

        A batch at a time, so that answers in progress don't wait long for the write lock. Replicas may sweep at once.
        """
        parameters = {"since_ms": since_ms, "size": SWEEP_BATCH}
        async with self._database.write() as connection:
            keys: Sequence[int] = (await connection.execute(statements.TAKE_ENDED, parameters)).scalars().all()
            if keys:
                await connection.execute(statements.DELETE_ENDED, {"keys": keys})
        return len(keys)


def _profile(row: Row[*tuple[Any, ...]] | None) -> Profile:
    default = Profile()
    if row is None:
        return default
    threshold = row.abstention_threshold
    return Profile(
        instructions=row.instructions or default.instructions,
        fallback=row.fallback or default.fallback,
        abstention_threshold=default.abstention_threshold if threshold is None else threshold,
        wishes=ModelWishes(
            model=row.model or "",
            temperature=None if row.temperature is None or row.temperature < 0 else row.temperature,
            maximum_tokens=row.answer_tokens or None,
        ),
    )


def _session(row: Row[*tuple[Any, ...]]) -> Session:
    return Session(row.key, row.id, row.created_ms, row.last_used_ms, row.turns)


def turn_of(row: Row[*tuple[Any, ...]]) -> Turn:
    """A turn of its row, without its trace."""
    return Turn(
        question=row.question,
        answer=row.answer,
        source_urls=tuple(json.loads(row.source_urls)),
        request_id=row.request_id,
        completed_ms=row.completed_ms,
        broken_off=row.broken_off,
    )
