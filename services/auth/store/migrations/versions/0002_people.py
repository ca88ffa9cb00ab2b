"""Users, their sessions, memberships, invitations, links; and their part in the audit log."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make_table(name: str, *columns: sa.Column[Any]) -> None:
    """Creates a table with what all of Auth's have."""
    op.create_table(
        name,
        sa.Column("position", POSITION, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(80), nullable=False, unique=True),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        *columns,
        sqlite_autoincrement=True,
    )


def reference(name: str, table: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A column with the id of a row of another table."""
    return sa.Column(name, sa.String(80), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def digest() -> sa.Column[Any]:
    """A column with the SHA-256 of a secret."""
    return sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True)


def upgrade() -> None:
    """Creates the tables, and adds two columns to the audit log."""
    make_table(
        "users",
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_key", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("is_operator", sa.Boolean, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=True),
        sa.Column("disabled_ms", sa.BigInteger, nullable=True),
        sa.Column("last_seen_ms", sa.BigInteger, nullable=True),
    )
    make_table(
        "user_sessions",
        reference("user_id", "users"),
        digest(),
        sa.Column("last_seen_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"])
    make_table(
        "memberships",
        reference("account_id", "accounts"),
        reference("user_id", "users"),
        sa.Column("role", sa.String(20), nullable=False),
    )
    op.create_index("ix_memberships_account_user", "memberships", ["account_id", "user_id"], unique=True)
    op.create_index("ix_memberships_user_id", "memberships", ["user_id"])
    make_table(
        "invitations",
        reference("account_id", "accounts"),
        digest(),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_key", sa.Text, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("creation_id", sa.String(64), nullable=True, unique=True),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=True),
    )
    op.create_index("ix_invitations_account_id", "invitations", ["account_id"])
    make_table(
        "sign_in_links",
        digest(),
        reference("user_id", "users", nullable=True),
        reference("account_id", "accounts", nullable=True),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_sign_in_links_user_id", "sign_in_links", ["user_id"])
    op.add_column("audit_events", sa.Column("actor_email", sa.Text, nullable=False, server_default=""))
    op.add_column("audit_events", sa.Column("user_id", sa.String(80), nullable=False, server_default=""))
