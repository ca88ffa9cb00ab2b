"""Sessions' channels and first questions; questions without an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds columns, of which the first questions are filled from the turns, and a table."""
    op.add_column("sessions", sa.Column("channel", sa.String(20), nullable=True))
    op.add_column("sessions", sa.Column("first_question", sa.Text(), nullable=True))
    op.create_index("sessions_by_channel", "sessions", ["chatbot_id", "channel", "last_used_ms", "key"])
    sessions = sa.table("sessions", sa.column("key"), sa.column("first_question"))
    turns = sa.table("turns", sa.column("session_key"), sa.column("position"), sa.column("question"))
    first = (
        sa.select(sa.func.substr(turns.c.question, 1, 200))
        .where(turns.c.session_key == sessions.c.key)
        .order_by(turns.c.position)
        .limit(1)
    )
    op.execute(sa.update(sessions).values(first_question=first.scalar_subquery()))
    op.create_table(
        "unanswered",
        sa.Column("session_key", _NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("chatbot_id", sa.String(80), nullable=False),
        sa.Column("wording", sa.String(80), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("session_key", "position"),
        sa.ForeignKeyConstraint(
            ["session_key", "position"], ["turns.session_key", "turns.position"], ondelete="CASCADE"
        ),
    )
    op.create_index("unanswered_by_wording", "unanswered", ["chatbot_id", "wording", "asked_ms"])
