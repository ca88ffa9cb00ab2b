"""The end of sessions: one, all of a chatbot, those that are over. Turns go with them.

Many are deleted in batches, so that answers in progress don't wait long for the write lock. Every statement that
deletes for a caller names the chatbot; none reaches another's rows.
"""

from typing import Any

from sqlalchemy import Connection
from sqlmodel import col, delete, func, select

from services.chat.store.deletion import GONE, delete_beside, delete_replies, note_deleted
from services.chat.store.tables import (
    AppearanceRow,
    DeletedConversationRow,
    FailedRequestRow,
    IdempotentRequestRow,
    ProfileRow,
    SessionRow,
)
from services.database import Database
from services.database.records import rows_in

SWEEP_BATCH = 500
DELETED_AT_ONCE = 100

_USED: dict[type[SessionRow | FailedRequestRow], Any] = {
    SessionRow: col(SessionRow.last_used_ms),
    FailedRequestRow: col(FailedRequestRow.session_id),
}


class SessionDeletion:
    """A part of SessionStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def delete_session(self, chatbot_id: str, session_id: str) -> bool:
        """Deletes a session with all that was asked in it; False when there is no such session."""

        def work(connection: Connection) -> bool:
            sessions = delete(SessionRow.__table__).where(col(SessionRow.chatbot_id) == chatbot_id)
            gone = connection.execute(sessions.where(col(SessionRow.id) == session_id).returning(*GONE)).all()
            note_deleted(connection, chatbot_id, gone)
            delete_beside(connection, chatbot_id, session_id)
            return bool(gone)

        return await self._database.transact(work)

    async def delete_all(self, chatbot_id: str, *, keep_profile: bool = False) -> int:
        """Deletes all that is the chatbot's, or all but its profile; returns how many sessions.

        What has begun after it is left. When it fails midway, the rest is there, and it can be done again.
        """
        sessions = 0
        for table in (FailedRequestRow, SessionRow):
            newest = await self._newest(table, chatbot_id)
            while (deleted := await self._delete_some(table, chatbot_id, newest)) is not None:
                sessions += deleted if table is SessionRow else 0
        async with self._database.write() as connection:
            rows = rows_in(connection)
            of_chatbot = () if keep_profile else (ProfileRow, AppearanceRow)
            for other in (IdempotentRequestRow, *of_chatbot):
                await rows.exec(delete(other).where(col(other.chatbot_id) == chatbot_id))
        return sessions

    async def _newest(self, table: type[SessionRow | FailedRequestRow], chatbot_id: str) -> int:
        newest = select(func.max(table.key)).where(table.chatbot_id == chatbot_id)
        ((key,),) = await self._database.fetch(newest)
        return key or 0

    async def _delete_some(
        self, table: type[SessionRow | FailedRequestRow], chatbot_id: str, newest: int
    ) -> int | None:
        """How many of a batch were deleted; None: nothing is left.

        Fewer than there were, where somebody else does the same.
        """
        key, used = col(table.key), _USED[table]
        async with self._database.write() as connection:
            rows = rows_in(connection)
            some = select(key).where(table.chatbot_id == chatbot_id, key <= newest)
            # In one order, so that no two wait for each other; it is that of an index.
            keys = (await rows.exec(some.order_by(used, key).limit(DELETED_AT_ONCE).with_for_update())).all()
            if not keys:
                return None
            chosen = delete(table.__table__).where(col(table.chatbot_id) == chatbot_id, key.in_(keys))
            if table is not SessionRow:
                return (await connection.execute(chosen)).rowcount
            gone = (await connection.execute(chosen.returning(*GONE))).all()
            await connection.run_sync(note_deleted, chatbot_id, gone)
            return len(gone)

    async def sweep(self, since_ms: int) -> int:
        """Deletes a batch of what is from before `since_ms`; returns how many.

        Sessions and failed requests, of all chatbots. Replicas may sweep at once. Notes of deleted conversations go
        with them, long after the last ticket that might begin one.
        """
        deleted = 0
        for table, used in ((SessionRow, SessionRow.last_used_ms), (FailedRequestRow, FailedRequestRow.failed_ms)):
            key = col(table.key)
            async with self._database.write() as connection:
                rows = rows_in(connection)
                ended = select(key).where(col(used) < since_ms).limit(SWEEP_BATCH).with_for_update(skip_locked=True)
                keys = (await rows.exec(ended)).all()
                if keys:
                    if table is SessionRow:
                        await delete_replies(connection, keys)
                    await rows.exec(delete(table).where(key.in_(keys)))
            deleted += len(keys)
        async with self._database.write() as connection:
            noted = DeletedConversationRow.__table__
            await connection.execute(noted.delete().where(noted.c.begun_ms < since_ms))
        return deleted
