"""Accounts take turns in having their content read, and the chatbots of an account among themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds whose turn content takes; what waits already takes turns as its chatbot's."""
    op.add_column("ingests", sa.Column("account", sa.String(80), nullable=False, server_default=""))
    op.execute("UPDATE ingests SET account = chatbot_id")
    op.drop_index("ix_ingests_turns", "ingests")
    op.create_index("ix_ingests_turns", "ingests", ["account", "chatbot_id", "position", "due_ms"])


def downgrade() -> None:
    """Drops it."""
    op.drop_index("ix_ingests_turns", "ingests")
    op.create_index("ix_ingests_turns", "ingests", ["chatbot_id", "position", "due_ms"])
    op.drop_column("ingests", "account")
