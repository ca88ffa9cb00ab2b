"""Profiles, sessions, turns."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "profiles",
        sa.Column("chatbot_id", sa.String(80), primary_key=True),
        sa.Column("instructions", sa.Text(), nullable=True),
        sa.Column("fallback", sa.Text(), nullable=True),
        sa.Column("abstention_threshold", sa.Double(), nullable=True),
    )
    op.create_table(
        "sessions",
        sa.Column("key", _NUMBER, primary_key=True, autoincrement=True, nullable=False),
        sa.Column("chatbot_id", sa.String(80), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_used_ms", sa.BigInteger(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.UniqueConstraint("chatbot_id", "id"),
        sqlite_autoincrement=True,
    )
    op.create_index("sessions_by_use", "sessions", ["chatbot_id", "last_used_ms", "key"])
    op.create_index("sessions_by_age", "sessions", ["last_used_ms"])
    op.create_table(
        "turns",
        sa.Column("session_key", _NUMBER, sa.ForeignKey("sessions.key", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("source_urls", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("completed_ms", sa.BigInteger(), nullable=False),
        sa.Column("broken_off", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("session_key", "position"),
    )


def downgrade() -> None:
    """Drops the tables."""
    op.drop_table("turns")
    op.drop_table("sessions")
    op.drop_table("profiles")
