"""How many visitors of widgets were refused, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "refused_visitors",
        sa.Column("chatbot_id", sa.String(80), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("reason", sa.String(20), primary_key=True),
        sa.Column("requests", sa.Integer, nullable=False),
    )
