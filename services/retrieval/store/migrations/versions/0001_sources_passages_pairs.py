"""Sources and content that waits to be read, passages, Q&A pairs, languages, and unsettled versions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "sources",
        sa.Column("position", POSITION, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(80), nullable=False, unique=True),
        sa.Column("chatbot_id", sa.String(80), nullable=False),
        sa.Column("url_digest", sa.String(64), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("version", sa.String(80), nullable=False, unique=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("passages", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("origin", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("chatbot_id", "url_digest"),
        sqlite_autoincrement=True,
    )
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
        sa.Column("account", sa.String(80), nullable=False, server_default=""),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ingests_turns", "ingests", ["account", "chatbot_id", "position", "due_ms"])
    op.create_table(
        "passages",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("chatbot_id", sa.String(80), nullable=False),
        sa.Column("version", sa.String(80), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("headings", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("sentences", sa.Text, nullable=False),
    )
    op.create_index("ix_passages_version", "passages", ["version"])
    op.create_table(
        "qa_pairs",
        sa.Column("position", POSITION, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(80), nullable=False, unique=True),
        sa.Column("chatbot_id", sa.String(80), nullable=False),
        sa.Column("wording_digest", sa.String(64), nullable=False),
        sa.Column("wording", sa.Text, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("chatbot_id", "wording_digest"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "unsettled",
        sa.Column("version", sa.String(80), primary_key=True),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
    )
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
