"""Auth's tables. Times are Unix milliseconds, UTC."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

# SQLite numbers rows by itself only in a column of exactly this type.
_Position = BigInteger().with_variant(Integer(), "sqlite")


class AuthTable(SQLModel, registry=registry()):
    """Base of Auth's tables, with metadata of their own: in one process with other services nothing is mixed."""


def _position() -> Column[int]:
    return Column(_Position, primary_key=True, autoincrement=True)


class AccountRow(AuthTable, table=True):
    """Who pays."""

    __tablename__ = "accounts"
    __table_args__ = {"sqlite_autoincrement": True}

    # Order of creation: what lists are sorted by and pages continue from, whatever the clock did.
    position: int | None = Field(default=None, sa_column=_position())
    id: str = Field(sa_column=Column(String(80), nullable=False, unique=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    plan: str = Field(sa_column=Column(Text, nullable=False))
    created_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class ChatbotRow(AuthTable, table=True):
    """What keys belong to."""

    __tablename__ = "chatbots"
    __table_args__ = {"sqlite_autoincrement": True}

    position: int | None = Field(default=None, sa_column=_position())
    id: str = Field(sa_column=Column(String(80), nullable=False, unique=True))
    account_id: str = Field(sa_column=Column(String(80), ForeignKey("accounts.id"), nullable=False, index=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    enabled: bool = Field(sa_column=Column(Boolean, nullable=False))
    created_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class ApiKeyRow(AuthTable, table=True):
    """A key: of its secret only the digest and the last characters."""

    __tablename__ = "api_keys"
    __table_args__ = {"sqlite_autoincrement": True}

    position: int | None = Field(default=None, sa_column=_position())
    id: str = Field(sa_column=Column(String(80), nullable=False, unique=True))
    chatbot_id: str = Field(sa_column=Column(String(80), ForeignKey("chatbots.id"), nullable=False, index=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    digest: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False, unique=True))
    last4: str = Field(sa_column=Column(String(4), nullable=False))
    # Entries in canonical form, separated by spaces; empty: every address.
    allowlist: str = Field(sa_column=Column(Text, nullable=False))
    created_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    expires_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    last_used_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    revoked_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class AuditEventRow(AuthTable, table=True):
    """A change that somebody made. Triggers refuse all but adding.

    It refers to no other table, for it stays when what it names goes.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_account", "account_id", "position"),
        Index("ix_audit_events_chatbot", "chatbot_id", "position"),
        Index("ix_audit_events_key", "key_id", "position"),
        Index("ix_audit_events_created_ms", "created_ms"),
        {"sqlite_autoincrement": True},
    )

    position: int | None = Field(default=None, sa_column=_position())
    id: str = Field(sa_column=Column(String(80), nullable=False, unique=True))
    created_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    actor: str = Field(sa_column=Column(Text, nullable=False))
    action: str = Field(sa_column=Column(Text, nullable=False))
    account_id: str = Field(sa_column=Column(String(80), nullable=False))
    chatbot_id: str = Field(sa_column=Column(String(80), nullable=False))
    key_id: str = Field(sa_column=Column(String(80), nullable=False))
    request_id: str = Field(sa_column=Column(Text, nullable=False))
    # A JSON object.
    details: str = Field(sa_column=Column(Text, nullable=False))


ACCOUNTS: Table = AuthTable.metadata.tables["accounts"]
CHATBOTS: Table = AuthTable.metadata.tables["chatbots"]
API_KEYS: Table = AuthTable.metadata.tables["api_keys"]
AUDIT_EVENTS: Table = AuthTable.metadata.tables["audit_events"]
