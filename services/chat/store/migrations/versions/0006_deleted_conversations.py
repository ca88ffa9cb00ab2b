"""Conversations of visitors that were deleted, which no ticket may begin again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table, of digests alone: nothing of what was deleted is kept."""
    op.create_table(
        "deleted_conversations",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("begun_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("deleted_conversations_by_age", "deleted_conversations", ["begun_ms"])
