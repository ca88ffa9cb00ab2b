"""Ids that callers choose for what they create, so that they can send a request again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column and its unique index to three tables."""
    for table in ("accounts", "chatbots", "api_keys"):
        op.add_column(table, sa.Column("creation_id", sa.String(64), nullable=True))
        op.create_index(f"ix_{table}_creation_id", table, ["creation_id"], unique=True)
