"""The deletion of what is kept beside turns, and of what is over."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, delete, select

from services.chat.store.tables import FailedRequestRow, IdempotentRequestRow, SessionRow
from services.database import Database
from services.database.records import rows_in

SWEEP_BATCH = 500


async def delete_beside(connection: AsyncConnection, chatbot_id: str, session_id: str) -> None:
    """Deletes questions that failed, and replies that a visitor might have asked for again."""
    failed, repeated = FailedRequestRow.__table__, IdempotentRequestRow.__table__
    for table, of_session in ((failed, failed.c.session_id), (repeated, repeated.c.conversation_id)):
        await connection.execute(table.delete().where(table.c.chatbot_id == chatbot_id, of_session == session_id))


async def delete_over(database: Database, since_ms: int) -> int:
    """Deletes a batch of the sessions, and one of the failed requests, from before `since_ms`.

    Returns how many.
    """
    deleted = 0
    for table, used in ((SessionRow, SessionRow.last_used_ms), (FailedRequestRow, FailedRequestRow.failed_ms)):
        key = col(table.key)
        async with database.write() as connection:
            rows = rows_in(connection)
            ended = select(key).where(col(used) < since_ms).limit(SWEEP_BATCH).with_for_update(skip_locked=True)
            keys = (await rows.exec(ended)).all()
            if keys:
                if table is SessionRow:
                    await _delete_replies(connection, keys)
                await rows.exec(delete(table).where(key.in_(keys)))
        deleted += len(keys)
    return deleted


async def _delete_replies(connection: AsyncConnection, keys: Sequence[int | None]) -> None:
    """Those to visitors, which may be kept for longer than their conversation."""
    session, repeated = SessionRow.__table__.c, IdempotentRequestRow.__table__
    of_visitors = select(session.id).where(session.key.in_(keys), session.visitor_digest.is_not(None))
    await connection.execute(repeated.delete().where(repeated.c.conversation_id.in_(of_visitors)))
