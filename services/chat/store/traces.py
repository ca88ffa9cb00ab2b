"""What is known of single requests, looked up by their ids."""

from collections.abc import Sequence
from dataclasses import replace

from services.chat.sessions import Found, Turn
from services.chat.store import statements
from services.chat.store.conversations import SWEEP_BATCH, turn_of
from services.chat.trace import Trace
from services.database import Database


class TraceStore:
    """Turns with their traces, and requests that failed before they had a turn."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, request_id: str, chatbot_id: str | None, since_ms: int) -> Found | None:
        """What became of a request; None when nothing is known. `chatbot_id` None: of any chatbot.

        `since_ms`: how far back the last message of its session may lie, or its failure.
        """
        parameters = {"request_id": request_id, "chatbot_id": chatbot_id, "since_ms": since_ms}
        if chatbot_id is None:
            del parameters["chatbot_id"]
            of_turn, of_failed = statements.TURN_OF_REQUEST_ANYWHERE, statements.FAILED_REQUEST_ANYWHERE
        else:
            of_turn, of_failed = statements.TURN_OF_REQUEST, statements.FAILED_REQUEST
        async with self._database.read() as connection:
            row = (await connection.execute(of_turn, parameters)).one_or_none()
            if row is not None:
                turn = replace(turn_of(row), trace=Trace.from_json(row.trace) if row.trace else None)
                return Found(row.chatbot_id, row.session_id, turn)
            row = (await connection.execute(of_failed, parameters)).one_or_none()
        if row is None:
            return None
        turn = Turn(row.question, "", (), row.request_id, row.failed_ms, trace=Trace.from_json(row.trace))
        return Found(row.chatbot_id, row.session_id, turn)

    async def sweep(self, since_ms: int) -> int:
        """Deletes some of the requests that failed before; returns how many. Replicas may sweep at once."""
        parameters = {"since_ms": since_ms, "size": SWEEP_BATCH}
        async with self._database.write() as connection:
            keys: Sequence[int] = (await connection.execute(statements.TAKE_OLD_FAILED, parameters)).scalars().all()
            if keys:
                await connection.execute(statements.DELETE_OLD_FAILED, {"keys": keys})
        return len(keys)
