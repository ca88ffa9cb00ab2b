"""Chat's tables. Times are Unix milliseconds, UTC."""

from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

# SQLite numbers rows by itself only in a column of exactly this type.
_Number = BigInteger().with_variant(Integer(), "sqlite")

OF_A_VISITOR = text("conversation_id IS NOT NULL")

RATED = text("rating IS NOT NULL")


class ChatTable(SQLModel, registry=registry()):
    """Base of Chat's tables, with metadata of their own."""

    __table__: ClassVar[Table]


class ProfileRow(ChatTable, table=True):
    """How a chatbot speaks. NULL and the empty text stand for the default."""

    __tablename__ = "profiles"

    chatbot_id: str = Field(sa_column=Column(String(80), primary_key=True))
    instructions: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    fallback: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    abstention_threshold: float | None = Field(default=None, sa_column=Column(Double, nullable=True))
    model: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    # Below zero: the default.
    temperature: float | None = Field(default=None, sa_column=Column(Double, nullable=True))
    # Zero: the default.
    answer_tokens: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))


class AppearanceRow(ChatTable, table=True):
    """How a chatbot's widget looks: a JSON object of what was set."""

    __tablename__ = "appearances"

    chatbot_id: str = Field(sa_column=Column(String(80), primary_key=True))
    settings: str = Field(sa_column=Column(Text, nullable=False))


class SessionRow(ChatTable, table=True):
    """A conversation. The same id under two chatbots is two conversations."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("chatbot_id", "id"),
        Index("sessions_by_use", "chatbot_id", "last_used_ms", "key"),
        Index("sessions_by_channel", "chatbot_id", "channel", "last_used_ms", "key"),
        Index("sessions_by_age", "last_used_ms"),
        {"sqlite_autoincrement": True},
    )

    key: int | None = Field(default=None, sa_column=Column(_Number, primary_key=True))
    chatbot_id: str = Field(sa_column=Column(String(80), nullable=False))
    id: str = Field(sa_column=Column(Text, nullable=False))
    created_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_used_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    turns: int = Field(sa_column=Column(Integer, nullable=False))
    # NULL: api.
    channel: str | None = Field(default=None, sa_column=Column(String(20), nullable=True))
    first_question: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    # Of a visitor's conversation, which is there before its first turn.
    visitor_digest: str | None = Field(default=None, sa_column=Column(String(64), nullable=True))


class DeletedConversationRow(ChatTable, table=True):
    """A visitor's conversation that was deleted, by a digest of its id; see deletion.py."""

    __tablename__ = "deleted_conversations"
    __table_args__ = (Index("deleted_conversations_by_age", "begun_ms"),)

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    begun_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class TurnRow(ChatTable, table=True):
    """A question and its answer; `position` counts from 1 within the session."""

    __tablename__ = "turns"
    __table_args__ = (
        Index("turns_by_request", "request_id"),
        Index("turns_by_rating", "session_key", "rating", sqlite_where=RATED, postgresql_where=RATED),
    )

    session_key: int = Field(
        sa_column=Column(_Number, ForeignKey("sessions.key", ondelete="CASCADE"), primary_key=True)
    )
    position: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    question: str = Field(sa_column=Column(Text, nullable=False))
    answer: str = Field(sa_column=Column(Text, nullable=False))
    # A JSON list.
    source_urls: str = Field(sa_column=Column(Text, nullable=False))
    request_id: str = Field(sa_column=Column(Text, nullable=False))
    completed_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    broken_off: bool = Field(sa_column=Column(Boolean, nullable=False))
    # JSON; see trace.py. NULL for turns of versions that did not write it.
    trace: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    # A JSON list, one for each URL. Of visitors alone, who read them again.
    source_titles: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    # `up` or `down`; NULL: not rated.
    rating: str | None = Field(default=None, sa_column=Column(String(8), nullable=True))
    rating_comment: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


class UnansweredRow(ChatTable, table=True):
    """A turn whose answer is the fallback text; see unanswered.py. The text is in the turn."""

    __tablename__ = "unanswered"
    __table_args__ = (
        ForeignKeyConstraint(["session_key", "position"], ["turns.session_key", "turns.position"], ondelete="CASCADE"),
        Index("unanswered_by_state", "chatbot_id", "wording", "asked_ms", "state", "session_key"),
    )

    session_key: int = Field(sa_column=Column(_Number, primary_key=True, autoincrement=False))
    position: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    chatbot_id: str = Field(sa_column=Column(String(80), nullable=False))
    # The same for all wordings that are alike.
    wording: str = Field(sa_column=Column(String(80), nullable=False))
    asked_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    state: int = Field(sa_column=Column(Integer, nullable=False))
    # NULL while it is open.
    decided_by: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


class FailedRequestRow(ChatTable, table=True):
    """A question that passages were found for and that got no answer. No part of its session."""

    __tablename__ = "failed_requests"
    __table_args__ = (
        Index("failed_requests_by_request", "request_id"),
        Index("failed_requests_by_session", "chatbot_id", "session_id"),
        Index("failed_requests_by_age", "failed_ms"),
        {"sqlite_autoincrement": True},
    )

    key: int | None = Field(default=None, sa_column=Column(_Number, primary_key=True))
    chatbot_id: str = Field(sa_column=Column(String(80), nullable=False))
    # NULL for a question without one.
    session_id: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    question: str = Field(sa_column=Column(Text, nullable=False))
    request_id: str = Field(sa_column=Column(Text, nullable=False))
    failed_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    trace: str = Field(sa_column=Column(Text, nullable=False))


class IdempotentRequestRow(ChatTable, table=True):
    """A request with an Idempotency-Key; see idempotency/entry.py."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (
        Index("idempotent_requests_by_age", "begun_ms"),
        Index("idempotent_requests_by_chatbot", "chatbot_id"),
        Index(
            "idempotent_requests_by_conversation",
            "conversation_id",
            sqlite_where=OF_A_VISITOR,
            postgresql_where=OF_A_VISITOR,
        ),
    )

    api_key_id: str = Field(sa_column=Column(String(80), primary_key=True))
    key: str = Field(sa_column=Column(String(255), primary_key=True))
    chatbot_id: str = Field(sa_column=Column(String(80), nullable=False))
    digest: str = Field(sa_column=Column(String(64), nullable=False))
    attempt_id: str = Field(sa_column=Column(String(80), nullable=False))
    reservation_id: str = Field(sa_column=Column(String(80), nullable=False))
    # Or may have been, by an attempt that died.
    charged: bool = Field(sa_column=Column(Boolean, nullable=False))
    begun_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    lease_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    # JSON; see idempotency/answers.py.
    reply: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    # Of a visitor: what it is deleted with.
    conversation_id: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
