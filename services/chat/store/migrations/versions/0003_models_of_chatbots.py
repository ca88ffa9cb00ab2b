"""A chatbot's own model, temperature and length of answers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns."""
    op.add_column("profiles", sa.Column("model", sa.Text(), nullable=True))
    op.add_column("profiles", sa.Column("temperature", sa.Double(), nullable=True))
    op.add_column("profiles", sa.Column("answer_tokens", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Drops the columns."""
    for name in ("answer_tokens", "temperature", "model"):
        op.drop_column("profiles", name)
