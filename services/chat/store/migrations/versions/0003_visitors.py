"""Appearances; conversations of visitors, and what they think of answers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OF_A_VISITOR = sa.text("conversation_id IS NOT NULL")


def upgrade() -> None:
    """Adds a table, and columns without values."""
    op.create_table(
        "appearances",
        sa.Column("chatbot_id", sa.String(80), primary_key=True),
        sa.Column("settings", sa.Text(), nullable=False),
    )
    op.add_column("sessions", sa.Column("visitor_digest", sa.String(64), nullable=True))
    op.add_column("turns", sa.Column("source_titles", sa.Text(), nullable=True))
    op.add_column("turns", sa.Column("rating", sa.String(8), nullable=True))
    op.add_column("turns", sa.Column("rating_comment", sa.Text(), nullable=True))
    op.add_column("idempotent_requests", sa.Column("conversation_id", sa.Text(), nullable=True))
    op.create_index(
        "idempotent_requests_by_conversation",
        "idempotent_requests",
        ["conversation_id"],
        sqlite_where=_OF_A_VISITOR,
        postgresql_where=_OF_A_VISITOR,
    )
