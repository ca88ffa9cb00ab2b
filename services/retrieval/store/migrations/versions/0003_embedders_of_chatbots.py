"""By which embedder a chatbot is searched.

And by which its sources and questions are embedded.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = {"chatbot_languages": ("embedder", "next_embedder", "embedders"), "word_languages": ("embedders",)}


def upgrade() -> None:
    """Adds the columns: until now, there was one embedder for all."""
    for table, names in COLUMNS.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.Text, nullable=False, server_default=""))
