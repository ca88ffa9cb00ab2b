"""What Auth knows of accounts, chatbots and keys, and the audit log of their changes.

Times are Unix milliseconds, UTC. A record's `position` is its place in lists; None before it is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Account:
    """The party that pays."""

    id: str
    name: str
    plan: str
    created_ms: int
    position: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Chatbot:
    """A chatbot of an account."""

    id: str
    account_id: str
    name: str
    enabled: bool
    created_ms: int
    position: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret. Revoked when `revoked_ms` is set; `expires_ms` None: never."""

    id: str
    chatbot_id: str
    name: str
    last4: str
    allowlist: tuple[str, ...]
    created_ms: int
    expires_ms: int | None = None
    last_used_ms: int | None = None
    revoked_ms: int | None = None

    def is_expired(self, now_ms: int) -> bool:
        """Whether its expiry has passed."""
        return self.expires_ms is not None and now_ms >= self.expires_ms

    def is_active(self, now_ms: int) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_ms is None and not self.is_expired(now_ms)


@dataclass(frozen=True, slots=True)
class KeyGrant:
    """What decides whether a presented key is admitted, as one look-up finds it."""

    key_id: str
    chatbot_id: str
    account_id: str
    plan: str
    chatbot_enabled: bool
    allowlist: tuple[str, ...]
    expires_ms: int | None
    revoked_ms: int | None


class Action(StrEnum):
    """The changes that the audit log tells of."""

    ACCOUNT_CREATE = "account.create"
    ACCOUNT_SET_PLAN = "account.set-plan"
    ACCOUNT_DELETE = "account.delete"
    CHATBOT_CREATE = "chatbot.create"
    CHATBOT_UPDATE = "chatbot.update"
    CHATBOT_ENABLE = "chatbot.enable"
    CHATBOT_DISABLE = "chatbot.disable"
    CHATBOT_DELETE = "chatbot.delete"
    WIDGET_UPDATE = "widget.update"
    WIDGET_RENEW = "widget.renew"
    KEY_CREATE = "key.create"
    KEY_ROTATE = "key.rotate"
    KEY_REVOKE = "key.revoke"
    KEY_ALLOW = "key.allow"
    KEY_DELETE = "key.delete"
    USER_CREATE = "user.create"
    USER_RENAME = "user.rename"
    USER_ENABLE = "user.enable"
    USER_DISABLE = "user.disable"
    USER_LINK = "user.link"
    USER_PASSWORD = "user.password"  # noqa: S105
    USER_SIGN_IN = "user.sign-in"
    USER_SIGN_OUT = "user.sign-out"
    MEMBER_ADD = "member.add"
    MEMBER_SET_ROLE = "member.set-role"
    MEMBER_REMOVE = "member.remove"
    INVITATION_CREATE = "invitation.create"
    INVITATION_WITHDRAW = "invitation.withdraw"
    INVITATION_ACCEPT = "invitation.accept"


Details = Mapping[str, str | list[str]]
"""What else an event tells; never a secret."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """A change of an account, chatbot, key, user or membership. What does not apply is empty.

    `actor_email` is filled in by the store when it is a user who acts.
    """

    id: str
    created_ms: int
    actor: str
    action: str
    account_id: str
    chatbot_id: str
    key_id: str
    request_id: str
    details: Details
    actor_email: str = ""
    user_id: str = ""
    position: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """The events to find, from `since_ms` on and before `until_ms`; empty and None ask nothing."""

    account_id: str = ""
    chatbot_id: str = ""
    key_id: str = ""
    action: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
