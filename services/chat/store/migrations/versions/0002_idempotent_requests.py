"""Requests with an Idempotency-Key."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
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


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("idempotent_requests")
