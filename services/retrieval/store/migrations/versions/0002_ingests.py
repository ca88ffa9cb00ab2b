"""Content that was accepted and waits to be indexed; why a source could not be read, and where it was read from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Creates the table and the columns."""
    op.create_table(
        "ingests",
        sa.Column("position", POSITION, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(80), nullable=False, unique=True),
        sa.Column("source_id", sa.String(80), nullable=False, unique=True),
        sa.Column("chatbot_id", sa.String(80), nullable=False),
        sa.Column("header", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("accepted_ms", sa.BigInteger, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("working", sa.Boolean, nullable=False),
        sa.Column("passages_done", sa.Integer, nullable=False),
        sa.Column("passages_all", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    for name in ("error", "origin"):
        op.add_column("sources", sa.Column(name, sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Drops them."""
    for name in ("origin", "error"):
        op.drop_column("sources", name)
    op.drop_table("ingests")
