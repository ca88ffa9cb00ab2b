"""Sources, their passages and accepted content, question-and-answer pairs, languages, and unsettled versions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "sources",
        _position(),
        _unique_id("id"),
        _id("chatbot_id"),
        sa.Column("url_digest", sa.String(64), nullable=False),
        _text("url"),
        _text("title"),
        _unique_id("version"),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        _number("passages"),
        _large("size_bytes"),
        _large("created_ms"),
        _large("updated_ms"),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("origin", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("chatbot_id", "url_digest"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "passages",
        sa.Column("id", sa.String(80), primary_key=True),
        _id("chatbot_id"),
        _id("version"),
        _number("place"),
        _text("headings"),
        _text("text"),
        _text("sentences"),
    )
    op.create_index("ix_passages_version", "passages", ["version"])
    op.create_table(
        "ingests",
        _position(),
        _unique_id("id"),
        _unique_id("source_id"),
        _id("chatbot_id"),
        _text("header"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        _large("accepted_ms"),
        _large("due_ms"),
        sa.Column("account", sa.String(80), nullable=False, server_default=""),
        sa.Column("working", sa.Boolean, nullable=False),
        _number("passages_done"),
        _number("passages_all"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ingests_turns", "ingests", ["account", "chatbot_id", "position", "due_ms"])
    op.create_table(
        "qa_pairs",
        _position(),
        _unique_id("id"),
        _id("chatbot_id"),
        sa.Column("wording_digest", sa.String(64), nullable=False),
        _text("wording"),
        _text("question"),
        _text("answer"),
        _text("url"),
        _text("title"),
        _large("created_ms"),
        sa.UniqueConstraint("chatbot_id", "wording_digest"),
        sqlite_autoincrement=True,
    )
    op.create_table("unsettled", sa.Column("version", sa.String(80), primary_key=True), _large("since_ms"))
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
        _id("chatbot_id"),
        sa.Column("words", sa.String(20), nullable=False),
    )


def downgrade() -> None:
    """Drops the tables."""
    for table in ("word_languages", "chatbot_languages", "unsettled", "qa_pairs", "ingests", "passages", "sources"):
        op.drop_table(table)


def _position() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("position", kind, primary_key=True, autoincrement=True)


def _id(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(80), nullable=False)


def _unique_id(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(80), nullable=False, unique=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _large(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)
