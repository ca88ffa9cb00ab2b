"""Widgets, one for each chatbot, and where they were seen."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROWS_AT_A_TIME = 500


def widget_id(chatbot_id: str) -> str:
    """The same whenever an older backup is restored, so that pages keep their widget."""
    return f"wgt_{hashlib.sha256(chatbot_id.encode()).hexdigest()[:32]}"


def upgrade() -> None:
    """Creates the tables, and a widget for each chatbot that there is."""
    widgets = op.create_table(
        "widgets",
        sa.Column("position", POSITION, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(80), nullable=False, unique=True),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("chatbot_id", sa.String(80), sa.ForeignKey("chatbots.id"), nullable=False, unique=True),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("origins", sa.Text, nullable=False),
        sa.Column("allow_apps", sa.Boolean, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "widget_sightings",
        sa.Column("chatbot_id", sa.String(80), sa.ForeignKey("chatbots.id"), primary_key=True),
        sa.Column("origin", sa.String(300), primary_key=True),
        sa.Column("last_seen_ms", sa.BigInteger, nullable=False),
    )
    chatbots = sa.table("chatbots", sa.column("position"), sa.column("id"), sa.column("created_ms"))
    found = op.get_bind().execute(sa.select(chatbots.c.id, chatbots.c.created_ms).order_by(chatbots.c.position)).all()
    rows = [
        {
            "id": widget_id(chatbot_id),
            "created_ms": created_ms,
            "chatbot_id": chatbot_id,
            "enabled": True,
            "origins": "[]",
            "allow_apps": False,
            "updated_ms": created_ms,
        }
        for chatbot_id, created_ms in found
    ]
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        op.get_bind().execute(sa.insert(widgets), rows[start : start + ROWS_AT_A_TIME])
