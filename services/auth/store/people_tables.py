"""Auth's tables of people. Times are Unix milliseconds, UTC; secrets are digests."""

from sqlalchemy import BigInteger, Index, LargeBinary, Text
from sqlmodel import Field

from services.auth.store.tables import AuthTable


class UserRow(AuthTable, table=True):
    """A person who can sign in."""

    __tablename__ = "users"

    email: str = Field(sa_type=Text)
    # What addresses are told apart by.
    email_key: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    is_operator: bool
    # None: no password yet.
    password_hash: str | None = Field(default=None, sa_type=Text)
    disabled_ms: int | None = Field(default=None, sa_type=BigInteger)
    last_seen_ms: int | None = Field(default=None, sa_type=BigInteger)


class UserSessionRow(AuthTable, table=True):
    """A user's session in a browser; deleted when it is ended."""

    __tablename__ = "user_sessions"

    user_id: str = Field(max_length=80, foreign_key="users.id", index=True)
    digest: bytes = Field(sa_type=LargeBinary, unique=True)
    last_seen_ms: int = Field(sa_type=BigInteger)
    expires_ms: int = Field(sa_type=BigInteger)
    address: str = Field(sa_type=Text)
    agent: str = Field(sa_type=Text)


class MembershipRow(AuthTable, table=True):
    """What a user may do in an account."""

    __tablename__ = "memberships"
    __table_args__ = (
        Index("ix_memberships_account_user", "account_id", "user_id", unique=True),
        AuthTable.__table_args__,
    )

    account_id: str = Field(max_length=80, foreign_key="accounts.id")
    user_id: str = Field(max_length=80, foreign_key="users.id", index=True)
    role: str = Field(max_length=20)


class InvitationRow(AuthTable, table=True):
    """An offer of membership to an e-mail address."""

    __tablename__ = "invitations"

    account_id: str = Field(max_length=80, foreign_key="accounts.id", index=True)
    digest: bytes = Field(sa_type=LargeBinary, unique=True)
    email: str = Field(sa_type=Text)
    email_key: str = Field(sa_type=Text)
    role: str = Field(max_length=20)
    created_by: str = Field(sa_type=Text)
    creation_id: str | None = Field(default=None, max_length=64, unique=True)
    expires_ms: int = Field(sa_type=BigInteger)
    ended_ms: int | None = Field(default=None, sa_type=BigInteger)


class SignInLinkRow(AuthTable, table=True):
    """A way in without a password; deleted when it is used, and when another takes its place."""

    __tablename__ = "sign_in_links"

    digest: bytes = Field(sa_type=LargeBinary, unique=True)
    # None: for the first owner, of the account.
    user_id: str | None = Field(default=None, max_length=80, foreign_key="users.id", index=True)
    account_id: str | None = Field(default=None, max_length=80, foreign_key="accounts.id")
    expires_ms: int = Field(sa_type=BigInteger)
