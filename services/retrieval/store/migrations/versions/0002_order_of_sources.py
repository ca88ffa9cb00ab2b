"""An index for pages of a chatbot's sources, which were sorted again for every page."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the index."""
    op.create_index("ix_sources_chatbot", "sources", ["chatbot_id", "position"])
