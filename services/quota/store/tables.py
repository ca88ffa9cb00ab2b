"""Quota's tables: the ledger, totals of it that a reservation is decided on, and budgets."""

from typing import ClassVar

from sqlalchemy import BigInteger, Index, Table, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.database.refused_visitors import refused_visitors_table
from services.quota.ledger.entry import State

OPEN = text("state = 'reserved'")
RARE_STATES = frozenset({State.EXPIRED, State.GRANTED, State.RELEASED})
RARE = text(f"state IN ({', '.join(sorted(map(repr, map(str, RARE_STATES))))})")
"""Of few entries, which an index holds that costs the others nothing."""
OTHER_CHANNELS = text("channel NOT IN ('', 'api')")
"""As RARE."""


class QuotaTable(SQLModel, registry=registry()):
    """Base of Quota's tables, with metadata of their own."""

    __table__: ClassVar[Table]


class LedgerEntryRow(QuotaTable, table=True):
    """One credit's story. Rows are never deleted."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        Index("ix_ledger_entries_account", "account_id", "created_ms", "id"),
        # Open reservations are few and short-lived, so this index stays small however long the ledger grows.
        Index("ix_ledger_entries_open", "expires_ms", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_ledger_entries_chatbot", "chatbot_id", "created_ms", "id"),
        Index("ix_ledger_entries_rare", "account_id", "created_ms", "id", sqlite_where=RARE, postgresql_where=RARE),
        Index(
            "ix_ledger_entries_channel",
            "account_id",
            "channel",
            "created_ms",
            "id",
            sqlite_where=OTHER_CHANNELS,
            postgresql_where=OTHER_CHANNELS,
        ),
    )

    id: str = Field(primary_key=True)
    account_id: str
    chatbot_id: str
    api_key_id: str
    channel: str
    request_id: str
    amount: int
    state: str
    created_ms: int = Field(sa_type=BigInteger)
    decided_ms: int | None = Field(default=None, sa_type=BigInteger)
    expires_ms: int = Field(sa_type=BigInteger)
    month: str
    day: str
    note: str = Field(default="", sa_column_kwargs={"server_default": ""})
    granted_by: str = Field(default="", sa_column_kwargs={"server_default": ""})


class AccountMonthRow(QuotaTable, table=True):
    """Totals of an account's month. The row locks everything of that account and month."""

    __tablename__ = "account_months"

    account_id: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    settled: int
    reserved: int
    granted: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class ChatbotDayRow(QuotaTable, table=True):
    """Totals of a chatbot's day."""

    __tablename__ = "chatbot_days"
    __table_args__ = (Index("ix_chatbot_days_day", "account_id", "day"),)

    account_id: str = Field(primary_key=True)
    chatbot_id: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    settled: int
    reserved: int


class ChatbotChannelDayRow(QuotaTable, table=True):
    """What a chatbot's day holds of a channel; the API has no rows, and what the others leave."""

    __tablename__ = "chatbot_channel_days"
    __table_args__ = (Index("ix_chatbot_channel_days_day", "account_id", "day", "channel"),)

    account_id: str = Field(primary_key=True)
    chatbot_id: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    settled: int
    reserved: int


class ChannelBudgetRow(QuotaTable, table=True):
    """What a channel of a chatbot may use in a day, where its owner has set it."""

    __tablename__ = "channel_budgets"

    chatbot_id: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    per_day: int


REFUSED = refused_visitors_table(QuotaTable.metadata)
