"""All turns of a chatbot in a fixed order, page by page."""

from services.chat.sessions import Placed
from services.chat.store import statements
from services.chat.store.conversations import turn_of
from services.database import Database


class TurnExport:
    """Reads turns by session id, and by number within each: an order that no new turn changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, chatbot_id: str, session_id: str | None, after: tuple[str, int] | None, limit: int, since_ms: int
    ) -> tuple[Placed, ...]:
        """The turns after `after`, a session id and a number; None: from the first. `session_id` None: of all.

        Sessions whose last message is older than `since_ms` count as not there.
        """
        parameters: dict[str, object] = {"chatbot_id": chatbot_id, "since_ms": since_ms, "size": limit}
        first, following = statements.FIRST_TURNS_OF_ALL, statements.NEXT_TURNS_OF_ALL
        if session_id is not None:
            parameters["session_id"] = session_id
            first, following = statements.FIRST_TURNS_OF_ONE, statements.NEXT_TURNS_OF_ONE
        if after is not None:
            parameters |= {"after_session": after[0], "after_turn": after[1]}
        async with self._database.read() as connection:
            rows = (await connection.execute(first if after is None else following, parameters)).all()
        return tuple(Placed(row.session_id, row.position, turn_of(row)) for row in rows)
