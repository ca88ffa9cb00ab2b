"""Auth's tables. Times are Unix milliseconds, UTC."""

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Table, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

# SQLite numbers rows by itself only in a column of exactly this type.
_Position: Any = BigInteger().with_variant(Integer(), "sqlite")


class AuthTable(SQLModel, registry=registry()):
    """Base of Auth's tables, with metadata of their own."""

    __table__: ClassVar[Table]
    __table_args__: Any = {"sqlite_autoincrement": True}

    # Order of creation: what lists are sorted by and pages continue from, whatever the clock did.
    position: int | None = Field(default=None, primary_key=True, sa_type=_Position)
    id: str = Field(max_length=80, unique=True)
    created_ms: int = Field(sa_type=BigInteger)


def _creation_id() -> Any:
    # Chosen by the caller, who may send a request again: one row for each.
    return Field(default=None, max_length=64, index=True, unique=True)


class AccountRow(AuthTable, table=True):
    """The party that pays."""

    __tablename__ = "accounts"

    name: str = Field(sa_type=Text)
    plan: str = Field(sa_type=Text)
    creation_id: str | None = _creation_id()


class ChatbotRow(AuthTable, table=True):
    """A chatbot of an account."""

    __tablename__ = "chatbots"

    account_id: str = Field(max_length=80, foreign_key="accounts.id", index=True)
    name: str = Field(sa_type=Text)
    enabled: bool
    creation_id: str | None = _creation_id()


class ApiKeyRow(AuthTable, table=True):
    """A key of a chatbot: of its secret only the digest and the last characters."""

    __tablename__ = "api_keys"

    chatbot_id: str = Field(max_length=80, foreign_key="chatbots.id", index=True)
    name: str = Field(sa_type=Text)
    digest: bytes = Field(sa_type=LargeBinary, unique=True)
    last4: str = Field(max_length=4)
    # Entries in canonical form, separated by spaces; empty: every address.
    allowlist: str = Field(sa_type=Text)
    expires_ms: int | None = Field(default=None, sa_type=BigInteger)
    last_used_ms: int | None = Field(default=None, sa_type=BigInteger)
    revoked_ms: int | None = Field(default=None, sa_type=BigInteger)
    creation_id: str | None = _creation_id()


class AuditEventRow(AuthTable, table=True):
    """A change that a caller made. Triggers refuse all but adding.

    It refers to no other table, for it stays when what it names goes.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_account", "account_id", "position"),
        Index("ix_audit_events_action", "account_id", "action", "position"),
        Index("ix_audit_events_chatbot", "chatbot_id", "position"),
        Index("ix_audit_events_key", "key_id", "position"),
        Index("ix_audit_events_created_ms", "created_ms"),
        AuthTable.__table_args__,
    )

    actor: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    account_id: str = Field(max_length=80)
    chatbot_id: str = Field(max_length=80)
    key_id: str = Field(max_length=80)
    request_id: str = Field(sa_type=Text)
    # A JSON object.
    details: str = Field(sa_type=Text)
    # Of a user who acted: their address as it was then.
    actor_email: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    # The user that it was done to.
    user_id: str = Field(default="", max_length=80, sa_column_kwargs={"server_default": ""})
