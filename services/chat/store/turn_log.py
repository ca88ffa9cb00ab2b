"""Where turns are written: on SQLite those that wait share one transaction, for a durable commit takes milliseconds."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from services.chat.sessions import Turn
from services.chat.store import statements
from services.database import Database

BATCH = 200
PARALLEL = 5  # transactions, of a pool of ten connections
# Turns go before notes of failures, of which there are many when there is trouble.
NOTES_WAITING = 100


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A turn and where it belongs; sessions last used before `since_ms` are over."""

    chatbot_id: str
    session_id: str
    turn: Turn
    since_ms: int


@dataclass(frozen=True, slots=True)
class NewNote:
    """A question that got no answer."""

    chatbot_id: str
    session_id: str | None
    turn: Turn


class TurnLog:
    """Appends turns, in the order in which they come."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._go_on = statements.go_on(database.is_sqlite)
        self._waiting: list[tuple[NewTurn | NewNote, asyncio.Future[None]]] = []
        self._notes = 0
        self._writer: asyncio.Task[None] | None = None
        self._turn_to_write = asyncio.Semaphore(PARALLEL)

    async def note(self, new: NewNote) -> None:
        """Returns when the note is durable, or at once when too many are waiting: then it is not kept."""
        if self._notes >= NOTES_WAITING:
            return
        self._notes += 1
        try:
            await self.append(new)
        finally:
            self._notes -= 1

    async def append(self, new: NewTurn | NewNote) -> None:
        """Returns when the turn is durable."""
        if not self._database.is_sqlite:
            # Postgres lets commits share the disk by itself, and one session a transaction can't deadlock. Those beyond
            # the limit wait here, as long as it takes, and not for a connection, which they would be refused.
            async with self._turn_to_write:
                await self._write([new])
            return
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((new, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        await done

    async def take_back(self, chatbot_id: str, session_id: str, turn: Turn) -> None:
        """Returns when the turn is gone. Numbers of later ones stay."""
        session = {"chatbot_id": chatbot_id, "session_id": session_id}
        its = {"request_id": turn.request_id, "completed_ms": turn.completed_ms, "question": turn.question}

        def work(connection: Connection) -> None:
            key = connection.execute(statements.LOCK_SESSION, session).scalar_one_or_none()
            if key is None or not connection.execute(statements.DELETE_TURN, its | {"key": key}).rowcount:
                return
            last = connection.execute(statements.LAST_POSITION, {"key": key}).scalar_one()
            if last is None:
                connection.execute(statements.DELETE_SESSION, session)
            else:
                connection.execute(statements.COUNT_TURNS, {"of_key": key, "last": last})

        await self._database.transact(work)

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            try:
                await self._write([new for new, _ in batch])
            except Exception:
                await self._one_by_one(batch)
            else:
                for _, done in batch:
                    _succeed(done)

    async def _one_by_one(self, batch: Sequence[tuple[NewTurn | NewNote, "asyncio.Future[None]"]]) -> None:
        """So that a turn that can't be written takes no other with it."""
        for new, done in batch:
            try:
                await self._write([new])
            except Exception as error:
                if not done.done():
                    done.set_exception(error)
            else:
                _succeed(done)

    async def _write(self, entries: Sequence[NewTurn | NewNote]) -> None:
        def work(connection: Connection) -> None:
            for new in entries:
                if isinstance(new, NewTurn):
                    self._add(connection, new)
                else:
                    _add_note(connection, new)

        await self._database.transact(work)

    def _add(self, connection: Connection, new: NewTurn) -> None:
        turn = new.turn
        session = connection.execute(
            self._go_on,
            {
                "chatbot_id": new.chatbot_id,
                "session_id": new.session_id,
                "now_ms": turn.completed_ms,
                "since_ms": new.since_ms,
            },
        ).one()
        if session.turns == 1:
            # There are some if the session had been over.
            connection.execute(statements.DELETE_TURNS, {"key": session.key})
        connection.execute(
            statements.ADD_TURN,
            {
                "session_key": session.key,
                "position": session.turns,
                "question": turn.question,
                "answer": turn.answer,
                "source_urls": json.dumps(turn.source_urls),
                "request_id": turn.request_id,
                "completed_ms": turn.completed_ms,
                "broken_off": turn.broken_off,
                "trace": turn.trace.as_json() if turn.trace else None,
            },
        )


def _add_note(connection: Connection, new: NewNote) -> None:
    turn = new.turn
    connection.execute(
        statements.ADD_FAILED,
        {
            "chatbot_id": new.chatbot_id,
            "session_id": new.session_id,
            "question": turn.question,
            "request_id": turn.request_id,
            "failed_ms": turn.completed_ms,
            "trace": turn.trace.as_json() if turn.trace else "{}",
        },
    )


def _succeed(done: "asyncio.Future[None]") -> None:
    if not done.done():
        done.set_result(None)
