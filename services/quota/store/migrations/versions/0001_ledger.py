"""The credit ledger and its sums."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'reserved'")


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account_id", sa.String, nullable=False),
        sa.Column("chatbot_id", sa.String, nullable=False),
        sa.Column("api_key_id", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("decided_ms", sa.BigInteger, nullable=True),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("month", sa.String, nullable=False),
        sa.Column("day", sa.String, nullable=False),
        sa.Column("note", sa.String, nullable=False, server_default=""),
        sa.Column("granted_by", sa.String, nullable=False, server_default=""),
    )
    op.create_index("ix_ledger_entries_account", "ledger_entries", ["account_id", "created_ms", "id"])
    op.create_index(
        "ix_ledger_entries_open", "ledger_entries", ["expires_ms"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "account_months",
        sa.Column("account_id", sa.String, primary_key=True),
        sa.Column("month", sa.String, primary_key=True),
        sa.Column("settled", sa.Integer, nullable=False),
        sa.Column("reserved", sa.Integer, nullable=False),
        sa.Column("granted", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_table(
        "chatbot_days",
        sa.Column("account_id", sa.String, primary_key=True),
        sa.Column("chatbot_id", sa.String, primary_key=True),
        sa.Column("day", sa.String, primary_key=True),
        sa.Column("settled", sa.Integer, nullable=False),
        sa.Column("reserved", sa.Integer, nullable=False),
    )
