"""The language of a chatbot, and by which language the words of its sources are indexed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "chatbot_languages",
        sa.Column("chatbot_id", sa.String(80), primary_key=True),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("next_language", sa.String(8), nullable=False),
        sa.Column("words", sa.String(20), nullable=False),
    )
    op.create_table(
        "word_languages",
        sa.Column("version", sa.String(80), primary_key=True),
        sa.Column("chatbot_id", sa.String(80), nullable=False),
        sa.Column("words", sa.String(20), nullable=False),
    )


def downgrade() -> None:
    """Drops the tables."""
    for table in ("word_languages", "chatbot_languages"):
        op.drop_table(table)
