"""How the sources of each chatbot were last read again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COUNTS = ("every_seconds", "changed", "unchanged", "failed", "gone")


def upgrade() -> None:
    """Creates the table: until now, nobody wrote it down."""
    op.create_table(
        "syncs",
        sa.Column("chatbot_id", sa.String(80), primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("began_ms", "ended_ms")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in COUNTS),
        sa.Column("failures", sa.Text, nullable=False),
    )
