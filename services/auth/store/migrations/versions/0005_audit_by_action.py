"""An index for an account's events of one action, for which its whole log was read."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the index."""
    op.create_index("ix_audit_events_action", "audit_events", ["account_id", "action", "position"])
