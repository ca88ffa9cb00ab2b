"""What a chatbot's day holds of each channel but the API."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table, and adds up the entries that are there."""
    op.create_table(
        "chatbot_channel_days",
        sa.Column("account_id", sa.String, primary_key=True),
        sa.Column("chatbot_id", sa.String, primary_key=True),
        sa.Column("day", sa.String, primary_key=True),
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("settled", sa.Integer, nullable=False),
        sa.Column("reserved", sa.Integer, nullable=False),
    )
    op.execute(
        "INSERT INTO chatbot_channel_days (account_id, chatbot_id, day, channel, settled, reserved)"
        " SELECT account_id, chatbot_id, day, channel,"
        " SUM(CASE WHEN state = 'settled' THEN amount ELSE 0 END),"
        " SUM(CASE WHEN state = 'reserved' THEN amount ELSE 0 END)"
        " FROM ledger_entries WHERE channel NOT IN ('', 'api') AND state IN ('settled', 'reserved')"
        " GROUP BY account_id, chatbot_id, day, channel"
    )
