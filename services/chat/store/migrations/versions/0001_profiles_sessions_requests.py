"""Profiles, sessions with their turns, failed and idempotent requests."""

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
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("temperature", sa.Double(), nullable=True),
        sa.Column("answer_tokens", sa.Integer(), nullable=True),
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
        sa.Column("trace", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("session_key", "position"),
    )
    op.create_index("turns_by_request", "turns", ["request_id"])
    op.create_table(
        "failed_requests",
        sa.Column("key", _NUMBER, primary_key=True, autoincrement=True, nullable=False),
        sa.Column("chatbot_id", sa.String(80), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("failed_ms", sa.BigInteger(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("failed_requests_by_request", "failed_requests", ["request_id"])
    op.create_index("failed_requests_by_session", "failed_requests", ["chatbot_id", "session_id"])
    op.create_index("failed_requests_by_age", "failed_requests", ["failed_ms"])
    op.create_table(
        "idempotent_requests",
        sa.Column("api_key_id", sa.String(80), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("chatbot_id", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("attempt_id", sa.String(80), nullable=False),
        sa.Column("reservation_id", sa.String(80), nullable=False),
        sa.Column("charged", sa.Boolean(), nullable=False),
        sa.Column("begun_ms", sa.BigInteger(), nullable=False),
        sa.Column("lease_ms", sa.BigInteger(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
    )
    op.create_index("idempotent_requests_by_age", "idempotent_requests", ["begun_ms"])
    op.create_index("idempotent_requests_by_chatbot", "idempotent_requests", ["chatbot_id"])
