"""Credits that operators give on top of a plan's."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds what a grant has to say, and the sum of a month's grants."""
    for column in ("note", "granted_by"):
        op.add_column("ledger_entries", sa.Column(column, sa.String, nullable=False, server_default=""))
    op.add_column("account_months", sa.Column("granted", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    """Takes them away."""
    op.drop_column("account_months", "granted")
    for column in ("granted_by", "note"):
        op.drop_column("ledger_entries", column)
