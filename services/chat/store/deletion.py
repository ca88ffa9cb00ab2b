"""The deletion of what is kept beside turns."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.chat.store.tables import FailedRequestRow, IdempotentRequestRow, SessionRow


async def delete_beside(connection: AsyncConnection, chatbot_id: str, session_id: str) -> None:
    """Deletes questions that failed, and replies that a visitor might have asked for again."""
    failed, repeated = FailedRequestRow.__table__, IdempotentRequestRow.__table__
    for table, of_session in ((failed, failed.c.session_id), (repeated, repeated.c.conversation_id)):
        await connection.execute(table.delete().where(table.c.chatbot_id == chatbot_id, of_session == session_id))


async def delete_replies(connection: AsyncConnection, keys: Sequence[int | None]) -> None:
    """Deletes replies to visitors, which may be kept for longer than their conversation."""
    session, repeated = SessionRow.__table__.c, IdempotentRequestRow.__table__
    of_visitors = sa.select(session.id).where(session.key.in_(keys), session.visitor_digest.is_not(None))
    await connection.execute(repeated.delete().where(repeated.c.conversation_id.in_(of_visitors)))
