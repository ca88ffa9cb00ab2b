"""An index that holds all that questions without an answer are put in order by."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Takes the place of one that lacked the state and the session, for which each row was read."""
    op.create_index("unanswered_by_state", "unanswered", ["chatbot_id", "wording", "asked_ms", "state", "session_key"])
    op.drop_index("unanswered_by_wording", "unanswered")
