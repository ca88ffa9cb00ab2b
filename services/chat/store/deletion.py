"""The deletion of what is kept beside turns, and notes of deleted conversations.

A ticket may begin its conversation for ten minutes, and must not do it again after that was deleted. So what was
deleted is noted, by a digest that tells nothing of it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from services.chat.store.tables import DeletedConversationRow, FailedRequestRow, IdempotentRequestRow, SessionRow
from services.errors import ChatmountError, Text, refusal

_NOTE = sa.insert(DeletedConversationRow.__table__)
_OF = SessionRow.__table__.c
GONE = _OF.id, _OF.created_ms, _OF.visitor_digest
"""What `note_deleted` wants to know of sessions that were deleted."""
IS_NOTED = sa.select(sa.true()).where(DeletedConversationRow.__table__.c.digest == sa.bindparam("digest"))


def delete_beside(connection: Connection, chatbot_id: str, session_id: str) -> None:
    """Deletes questions that failed, and replies that a visitor might have asked for again."""
    failed, repeated = FailedRequestRow.__table__, IdempotentRequestRow.__table__
    for table, of_session in ((failed, failed.c.session_id), (repeated, repeated.c.conversation_id)):
        connection.execute(table.delete().where(table.c.chatbot_id == chatbot_id, of_session == session_id))


async def delete_replies(connection: AsyncConnection, keys: Sequence[int | None]) -> None:
    """Deletes replies to visitors, which may be kept for longer than their conversation."""
    session, repeated = SessionRow.__table__.c, IdempotentRequestRow.__table__
    of_visitors = sa.select(session.id).where(session.key.in_(keys), session.visitor_digest.is_not(None))
    await connection.execute(repeated.delete().where(repeated.c.conversation_id.in_(of_visitors)))


def deleted_digest(chatbot_id: str, conversation_id: str) -> bytes:
    """What stands for a conversation that was deleted. Its id is too long to be guessed."""
    return hashlib.sha256(f"{chatbot_id}:{conversation_id}".encode()).digest()


def note_deleted(connection: Connection, chatbot_id: str, gone: Iterable[Any]) -> None:
    """Notes those of visitors among sessions (GONE) that this transaction has deleted."""
    notes = [
        {"digest": deleted_digest(chatbot_id, session.id), "begun_ms": session.created_ms}
        for session in gone
        if session.visitor_digest is not None
    ]
    if notes:
        connection.execute(_NOTE, notes)


def not_found() -> ChatmountError:
    """The refusal of a conversation that is another's, was deleted, or never was."""
    return refusal(Text.NOT_FOUND, thing="conversation")
