"""Chatbots take turns in having their content read."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the index by which the next content is found."""
    op.create_index("ix_ingests_turns", "ingests", ["chatbot_id", "position", "due_ms"])


def downgrade() -> None:
    """Drops the index."""
    op.drop_index("ix_ingests_turns", "ingests")
