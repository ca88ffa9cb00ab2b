"""Retrieval's tables. Times are Unix milliseconds, UTC."""

from typing import ClassVar

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

# SQLite numbers rows by itself only in a column of exactly this type.
_Position = BigInteger().with_variant(Integer(), "sqlite")


class RetrievalTable(SQLModel, registry=registry()):
    """Base of Retrieval's tables, with metadata of their own."""

    __table__: ClassVar[Table]


def _position() -> Column[int]:
    return Column(_Position, primary_key=True, autoincrement=True)


def _id() -> Column[str]:
    return Column(String(80), nullable=False, unique=True)


class SourceRow(RetrievalTable, table=True):
    """A page or file of a chatbot."""

    __tablename__ = "sources"
    __table_args__ = (
        UniqueConstraint("chatbot_id", "url_digest"),
        Index("ix_sources_chatbot", "chatbot_id", "position"),
        {"sqlite_autoincrement": True},
    )

    # Order of creation: what lists are sorted by and pages continue from, whatever the clock did.
    position: int | None = Field(default=None, sa_column=_position())
    id: str = Field(sa_column=_id())
    chatbot_id: str = Field(sa_column=Column(String(80), nullable=False))
    # Long URLs don't fit into an index of Postgres; their digests do.
    url_digest: str = Field(sa_column=Column(String(64), nullable=False))
    url: str = Field(sa_column=Column(Text, nullable=False))
    title: str = Field(sa_column=Column(Text, nullable=False))
    version: str = Field(sa_column=_id())
    digest: str = Field(sa_column=Column(String(64), nullable=False))
    enabled: bool = Field(sa_column=Column(Boolean, nullable=False))
    passages: int = Field(sa_column=Column(Integer, nullable=False))
    size_bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    created_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    updated_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    # Why the newest content could not be read; empty: it could.
    error: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    origin: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))


class IngestRow(RetrievalTable, table=True):
    """Content that was accepted and is not in the index yet: at most one for a source."""

    __tablename__ = "ingests"
    # All that whose turn it is depends on, so that no content is read to find that out.
    __table_args__ = (
        Index("ix_ingests_turns", "account", "chatbot_id", "position", "due_ms"),
        {"sqlite_autoincrement": True},
    )

    position: int | None = Field(default=None, sa_column=_position())
    # Names the content: newer content for the same source has another id.
    id: str = Field(sa_column=_id())
    source_id: str = Field(sa_column=_id())
    chatbot_id: str = Field(sa_column=Column(String(80), nullable=False))
    # JSON: what was said of the document beside its content.
    header: str = Field(sa_column=Column(Text, nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    accepted_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    # It is not taken up before: put forward by the worker that has it, and by a failure that may pass.
    due_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    # Whose turns it takes: an account's id; a chatbot's where that is not known.
    account: str = Field(sa_column=Column(String(80), nullable=False, server_default=""))
    working: bool = Field(sa_column=Column(Boolean, nullable=False))
    passages_done: int = Field(sa_column=Column(Integer, nullable=False))
    passages_all: int = Field(sa_column=Column(Integer, nullable=False))


class PassageRow(RetrievalTable, table=True):
    """A passage of the present version of a source."""

    __tablename__ = "passages"

    id: str = Field(sa_column=Column(String(80), primary_key=True))
    chatbot_id: str = Field(sa_column=Column(String(80), nullable=False))
    version: str = Field(sa_column=Column(String(80), nullable=False, index=True))
    place: int = Field(sa_column=Column(Integer, nullable=False))
    # JSON: a list of texts, and a flat list of starts and ends.
    headings: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    sentences: str = Field(sa_column=Column(Text, nullable=False))


class QaPairRow(RetrievalTable, table=True):
    """A question with its fixed answer."""

    __tablename__ = "qa_pairs"
    __table_args__ = (UniqueConstraint("chatbot_id", "wording_digest"), {"sqlite_autoincrement": True})

    position: int | None = Field(default=None, sa_column=_position())
    id: str = Field(sa_column=_id())
    chatbot_id: str = Field(sa_column=Column(String(80), nullable=False))
    wording_digest: str = Field(sa_column=Column(String(64), nullable=False))
    wording: str = Field(sa_column=Column(Text, nullable=False))
    question: str = Field(sa_column=Column(Text, nullable=False))
    answer: str = Field(sa_column=Column(Text, nullable=False))
    url: str = Field(sa_column=Column(Text, nullable=False))
    title: str = Field(sa_column=Column(Text, nullable=False))
    created_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class SyncRow(RetrievalTable, table=True):
    """How the sources of a chatbot were last read again."""

    __tablename__ = "syncs"

    chatbot_id: str = Field(sa_column=Column(String(80), primary_key=True))
    began_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    ended_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    every_seconds: int = Field(sa_column=Column(Integer, nullable=False))
    changed: int = Field(sa_column=Column(Integer, nullable=False))
    unchanged: int = Field(sa_column=Column(Integer, nullable=False))
    failed: int = Field(sa_column=Column(Integer, nullable=False))
    gone: int = Field(sa_column=Column(Integer, nullable=False))
    # JSON: pairs of a URL and a cause.
    failures: str = Field(sa_column=Column(Text, nullable=False))


class UnsettledRow(RetrievalTable, table=True):
    """A version that the index may not hold as it should.

    A change of it is under way, or broke off.
    """

    __tablename__ = "unsettled"

    version: str = Field(sa_column=Column(String(80), primary_key=True))
    since_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class ChatbotLanguageRow(RetrievalTable, table=True):
    """The chosen language of a chatbot, and the one that it is on its way to, or empty."""

    __tablename__ = "chatbot_languages"

    chatbot_id: str = Field(sa_column=Column(String(80), primary_key=True))
    language: str = Field(sa_column=Column(String(8), nullable=False))
    next_language: str = Field(sa_column=Column(String(8), nullable=False))
    # Both, parted by a space: what the words of its sources should be indexed by.
    words: str = Field(sa_column=Column(String(20), nullable=False))
    # The same three for embedders by their names; empty: the main one, where it understands the language.
    embedder: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    next_embedder: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    embedders: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))


class WordLanguageRow(RetrievalTable, table=True):
    """The languages of a version's indexed words.

    And the embedders of its vectors beside the main one.

    Of what may differ from the default. Questions are versions, too.
    """

    __tablename__ = "word_languages"

    version: str = Field(sa_column=Column(String(80), primary_key=True))
    chatbot_id: str = Field(sa_column=Column(String(80), nullable=False))
    words: str = Field(sa_column=Column(String(20), nullable=False))
    embedders: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
