"""What goes with a session that is deleted, beside its turns."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.chat.store.tables import FailedRequestRow, IdempotentRequestRow


async def delete_beside(connection: AsyncConnection, chatbot_id: str, session_id: str) -> None:
    """Deletes questions that failed, and replies that a visitor might have asked for again."""
    failed, repeated = FailedRequestRow.__table__, IdempotentRequestRow.__table__
    for table, of_session in ((failed, failed.c.session_id), (repeated, repeated.c.conversation_id)):
        await connection.execute(table.delete().where(table.c.chatbot_id == chatbot_id, of_session == session_id))
