"""An index of the turns that are rated, which are few."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

RATED = sa.text("rating IS NOT NULL")


def upgrade() -> None:
    """Creates the index; without it a filter by rating reads all turns."""
    op.create_index("turns_by_rating", "turns", ["session_key", "rating"], sqlite_where=RATED, postgresql_where=RATED)
