"""What Auth knows of people: who may sign in, and what they may do in which account.

Times are Unix milliseconds, UTC. A record's `position` is its place in lists; None before it is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.auth.records import Account, Chatbot

USER_PREFIX = "usr_"


class AccountRole(StrEnum):
    """What a member may do in an account; each may do what those before it may."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class User:
    """A person who can sign in once they have a password, unless `disabled_ms` is set."""

    id: str
    email: str
    email_key: str
    name: str
    is_operator: bool
    created_ms: int
    password_hash: str | None = field(default=None, repr=False)
    disabled_ms: int | None = None
    last_seen_ms: int | None = None
    position: int | None = field(default=None, compare=False)

    @property
    def enabled(self) -> bool:
        """Whether they can sign in."""
        return self.disabled_ms is None


@dataclass(frozen=True, slots=True)
class UserSession:
    """A user's session in a browser. What ends before its time is deleted."""

    id: str
    user_id: str
    created_ms: int
    last_seen_ms: int
    expires_ms: int
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Membership:
    """What a user may do in an account."""

    id: str
    account_id: str
    user_id: str
    role: AccountRole
    created_ms: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """An offer of membership to an address. `ended_ms`: when it was used, withdrawn or replaced."""

    id: str
    account_id: str
    email: str
    email_key: str
    role: AccountRole
    created_by: str
    creation_id: str | None
    created_ms: int
    expires_ms: int
    ended_ms: int | None = None
    position: int | None = field(default=None, compare=False)

    def is_open(self, now_ms: int) -> bool:
        """Whether it can be accepted."""
        return self.ended_ms is None and now_ms < self.expires_ms


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """One that can be accepted. `by_email`: of the member who made it; "" for others."""

    invitation: Invitation
    by_email: str


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A way in without a password. Without a `user_id`: for the first owner, of `account_id`."""

    id: str
    user_id: str | None
    account_id: str | None
    created_ms: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class SessionGrant:
    """What decides whether a presented session is open, as one look-up finds it."""

    session_id: str
    user_id: str
    last_seen_ms: int
    expires_ms: int
    user_enabled: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """A user who has signed in, and what decides whether their session is open."""

    user: User
    last_seen_ms: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Visit:
    """A caller before an account or a chatbot, as far as it is there.

    `role` is None for somebody who is no member.
    """

    caller: Caller
    account: Account | None
    chatbot: Chatbot | None
    role: AccountRole | None


@dataclass(frozen=True, slots=True)
class Member:
    """A user with what they may do in an account."""

    user: User
    role: AccountRole
    created_ms: int


@dataclass(frozen=True, slots=True)
class MembersPage:
    """A part of an account's list: members, and after the last of them open invitations.

    `owners`: how many of all can sign in.
    """

    members: Sequence[Member]
    invitations: Sequence[OpenInvitation]
    owners: int


@dataclass(frozen=True, slots=True)
class MyAccount:
    """An account with what one user may do in it."""

    account: Account
    role: AccountRole
