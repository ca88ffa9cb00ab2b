"""Turns as a question needs them: read at its beginning, written at its end."""

import asyncio
import json
from contextlib import nullcontext

from sqlalchemy import Connection
from sqlmodel import col, func, select

from services.chat.answerers.answerer import PastTurn
from services.chat.history import HISTORY_TURNS
from services.chat.profile import Profile
from services.chat.sessions import MAXIMUM_FIRST_QUESTION, Answered, Turn
from services.chat.store import statements
from services.chat.store.conversations import stored_channel
from services.chat.store.profiles import ProfileStore
from services.chat.store.tables import SessionRow, TurnRow
from services.chat.store.unanswered import add_unanswered
from services.chat.trace import Maker, Trace
from services.database import Database
from services.database.records import rows_in, to_columns
from services.database.statements import change, rows
from services.errors import Text, refusal
from services.trust.principal import Channel

PARALLEL = 5  # transactions, of a pool of ten connections
# Turns go before notes of failures, of which there are many when there is trouble.
NOTES_WAITING = 100

turn_columns = to_columns(Answered, TurnRow, source_urls=json.dumps)


class TurnStore:
    """Turns of all chatbots.

    Sessions whose last message is older than `since_ms` count as not there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._profiles = ProfileStore(database)
        self._continue_session = statements.continue_session(database.is_sqlite)
        self._notes = 0
        # SQLite lets those that wait share a commit. On Postgres those beyond the limit wait here, as long as it takes,
        # and not for a connection, which they would be refused.
        self._writing = nullcontext() if database.is_sqlite else asyncio.Semaphore(PARALLEL)

    async def profile_and_history(
        self, chatbot_id: str, session_id: str | None, since_ms: int, channel: Channel = Channel.API
    ) -> tuple[Profile, tuple[PastTurn, ...]]:
        """The chatbot's profile and the session's newest turns, oldest first.

        INVALID_SESSION_ID for a session of another channel.
        """
        profile = await self._profiles.profile(chatbot_id)
        if session_id is None:
            return profile, ()
        session = {"chatbot_id": chatbot_id, "session_id": session_id, "since_ms": since_ms, "size": HISTORY_TURNS}
        newest = await self._database.look_up_all(statements.NEWEST_TURNS, session)
        # A session that is not over has a turn.
        if newest and newest[0].channel != stored_channel(channel):
            raise refusal(Text.SESSION_OF_ANOTHER_CHANNEL)
        return profile, tuple(PastTurn(row.question, row.answer) for row in reversed(newest))

    async def append(
        self,
        chatbot_id: str,
        session_id: str,
        turn: Turn,
        since_ms: int,
        trace: Trace | None = None,
        channel: Channel = Channel.API,
        key: int | None = None,
    ) -> None:
        """Adds a turn at the end of the session; returns when it is durable.

        The session begins with it if there is none. INVALID_SESSION_ID for a session of another channel. `key`: the
        row of a visitor's conversation, without which there is nothing to add to.
        """
        session = {
            "chatbot_id": chatbot_id,
            "session_id": session_id,
            "now_ms": turn.completed_ms,
            "since_ms": since_ms,
            "channel": stored_channel(channel),
            "first_question": turn.question[:MAXIMUM_FIRST_QUESTION],
        }

        def work(connection: Connection) -> None:
            if key is None:
                continued = rows(connection, self._continue_session, session)
                if not continued:
                    raise refusal(Text.SESSION_OF_ANOTHER_CHANNEL)
            else:
                continued = rows(connection, statements.CONTINUE_VISIT, session | {"of_key": key})
                if not continued:
                    return
            session_key, turns = continued[0]
            if turns == 1:
                # There are some if the session had been over.
                change(connection, statements.DELETE_TURNS, {"key": session_key})
            row = {"session_key": session_key, "position": turns, "trace": trace and trace.as_json()}
            if key is not None:
                # Visitors read them again, and nobody else does.
                row["source_titles"] = json.dumps(turn.source_titles)
            change(connection, statements.ADD_TURN, turn_columns(turn) | row)
            if trace is not None and trace.maker is Maker.FALLBACK:
                add_unanswered(connection, chatbot_id, session_key, turns, turn)

        async with self._writing:
            await self._database.transact(work)

    async def note(
        self, chatbot_id: str, session_id: str | None, turn: Turn, trace: Trace, key: int | None = None
    ) -> None:
        """Keeps a question that got no answer, for operators.

        It is no part of any session, and forgotten in a rush. `key`: see `append`.
        """
        if self._notes >= NOTES_WAITING:
            return
        failed = {
            "chatbot_id": chatbot_id,
            "session_id": session_id,
            "question": turn.question,
            "request_id": turn.request_id,
            "failed_ms": turn.completed_ms,
            "trace": trace.as_json(),
        }

        def work(connection: Connection) -> None:
            if key is None or rows(connection, statements.TAKE_VISIT, {"of_key": key}):
                change(connection, statements.ADD_FAILED, failed)

        self._notes += 1
        try:
            async with self._writing:
                await self._database.transact(work)
        finally:
            self._notes -= 1

    async def take_back(self, chatbot_id: str, session_id: str, turn: Turn) -> None:
        """Takes an added turn out again; a session without another goes with it.

        Numbers of later turns stay.
        """
        async with self._database.write() as connection:
            found = rows_in(connection)
            same = select(SessionRow).where(SessionRow.chatbot_id == chatbot_id, SessionRow.id == session_id)
            session = (await found.exec(same.with_for_update())).one_or_none()
            if session is None:
                return
            of_session = TurnRow.session_key == session.key
            added = select(TurnRow).where(
                of_session,
                TurnRow.request_id == turn.request_id,
                TurnRow.completed_ms == turn.completed_ms,
                TurnRow.question == turn.question,
            )
            row = (await found.exec(added)).first()
            if row is None:
                return
            await found.delete(row)
            await found.flush()
            last = (await found.exec(select(func.max(TurnRow.position)).where(of_session))).one()
            if last is None:
                await found.delete(session)
            else:
                oldest = select(TurnRow.question).where(of_session).order_by(col(TurnRow.position)).limit(1)
                session.first_question = (await found.exec(oldest)).one()[:MAXIMUM_FIRST_QUESTION]
                session.turns = last
            await found.flush()
