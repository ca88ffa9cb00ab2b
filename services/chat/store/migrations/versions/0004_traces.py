"""How turns came about, and requests that failed before they had a turn."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds a column, a table, and their indexes."""
    op.add_column("turns", sa.Column("trace", sa.Text(), nullable=True))
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


def downgrade() -> None:
    """Takes them away."""
    op.drop_table("failed_requests")
    op.drop_index("turns_by_request", "turns")
    op.drop_column("turns", "trace")
