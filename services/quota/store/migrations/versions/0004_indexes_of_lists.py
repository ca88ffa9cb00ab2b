"""Indexes for usage by day, and for entries of the ledger that a filter lets through."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RARE = sa.text("state IN ('expired', 'granted', 'released')")
OTHER_CHANNELS = sa.text("channel NOT IN ('', 'api')")


def upgrade() -> None:
    """Creates them."""
    op.create_index("ix_chatbot_days_day", "chatbot_days", ["account_id", "day"])
    op.create_index("ix_chatbot_channel_days_day", "chatbot_channel_days", ["account_id", "day", "channel"])
    op.create_index("ix_ledger_entries_chatbot", "ledger_entries", ["chatbot_id", "created_ms", "id"])
    op.create_index(
        "ix_ledger_entries_rare",
        "ledger_entries",
        ["account_id", "created_ms", "id"],
        sqlite_where=RARE,
        postgresql_where=RARE,
    )
    op.create_index(
        "ix_ledger_entries_channel",
        "ledger_entries",
        ["account_id", "channel", "created_ms", "id"],
        sqlite_where=OTHER_CHANNELS,
        postgresql_where=OTHER_CHANNELS,
    )
