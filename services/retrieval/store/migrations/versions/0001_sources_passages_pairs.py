"""All tables: sources, passages, accepted content, pairs, languages and notes."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


ID, DIGEST, WORDS, CODE = sa.String(80), sa.String(64), sa.String(20), sa.String(8)
POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "sources",
        sa.Column("position", POSITION, primary_key=True, autoincrement=True),
        *_required(ID, "id", "chatbot_id", "version"),
        *_required(DIGEST, "url_digest", "digest"),
        *_required(sa.Text(), "url", "title"),
        *_required(sa.Boolean(), "enabled"),
        *_required(sa.Integer(), "passages"),
        *_required(sa.BigInteger(), "size_bytes", "created_ms", "updated_ms"),
        *(sa.Column(name, sa.Text, nullable=False, server_default="") for name in ("error", "origin")),
        *(sa.UniqueConstraint(*names) for names in (("id",), ("version",), ("chatbot_id", "url_digest"))),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "passages",
        sa.Column("id", ID, primary_key=True),
        *_required(ID, "chatbot_id", "version"),
        *_required(sa.Integer(), "place"),
        *_required(sa.Text(), "headings", "text", "sentences"),
    )
    op.create_index("ix_passages_version", "passages", ["version"])
    op.create_table(
        "ingests",
        sa.Column("position", POSITION, primary_key=True, autoincrement=True),
        *_required(ID, "id", "source_id", "chatbot_id"),
        sa.Column("account", ID, nullable=False, server_default=""),
        *_required(sa.Text(), "header"),
        *_required(sa.LargeBinary(), "content"),
        *_required(sa.BigInteger(), "accepted_ms", "due_ms"),
        *_required(sa.Boolean(), "working"),
        *_required(sa.Integer(), "passages_done", "passages_all"),
        *(sa.UniqueConstraint(name) for name in ("id", "source_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ingests_turns", "ingests", ["account", "chatbot_id", "position", "due_ms"])
    op.create_table(
        "qa_pairs",
        sa.Column("position", POSITION, primary_key=True, autoincrement=True),
        *_required(ID, "id", "chatbot_id"),
        *_required(DIGEST, "wording_digest"),
        *_required(sa.Text(), "wording", "question", "answer", "url", "title"),
        *_required(sa.BigInteger(), "created_ms"),
        *(sa.UniqueConstraint(*names) for names in (("id",), ("chatbot_id", "wording_digest"))),
        sqlite_autoincrement=True,
    )
    op.create_table("unsettled", sa.Column("version", ID, primary_key=True), *_required(sa.BigInteger(), "since_ms"))
    op.create_table(
        "chatbot_languages",
        sa.Column("chatbot_id", ID, primary_key=True),
        *_required(CODE, "language", "next_language"),
        *_required(WORDS, "words"),
    )
    op.create_table(
        "word_languages",
        sa.Column("version", ID, primary_key=True),
        *_required(ID, "chatbot_id"),
        *_required(WORDS, "words"),
    )


def downgrade() -> None:
    """Drops the tables."""
    for table in ("word_languages", "chatbot_languages", "unsettled", "qa_pairs", "ingests", "passages", "sources"):
        op.drop_table(table)


def _required(kind: sa.types.TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]
