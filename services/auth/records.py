"""What Auth knows of accounts, chatbots and keys. Times are Unix milliseconds, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Account:
    """Who pays."""

    id: str
    name: str
    plan: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class Chatbot:
    """What keys belong to."""

    id: str
    account_id: str
    name: str
    enabled: bool
    created_ms: int


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
        """Whether it opens anything."""
        return self.revoked_ms is None and not self.is_expired(now_ms)


@dataclass(frozen=True, slots=True)
class KeyGrant:
    """Everything that decides whether a presented key is let in, as one look-up finds it."""

    key_id: str
    chatbot_id: str
    account_id: str
    plan: str
    chatbot_enabled: bool
    allowlist: tuple[str, ...]
    expires_ms: int | None
    revoked_ms: int | None


class Action(StrEnum):
    """What can be done that the audit log tells of."""

    ACCOUNT_CREATE = "account.create"
    ACCOUNT_SET_PLAN = "account.set-plan"
    ACCOUNT_DELETE = "account.delete"
    CHATBOT_CREATE = "chatbot.create"
    CHATBOT_ENABLE = "chatbot.enable"
    CHATBOT_DISABLE = "chatbot.disable"
    CHATBOT_DELETE = "chatbot.delete"
    KEY_CREATE = "key.create"
    KEY_ROTATE = "key.rotate"
    KEY_REVOKE = "key.revoke"
    KEY_ALLOW = "key.allow"
    KEY_DELETE = "key.delete"


Details = Mapping[str, str | list[str]]
"""What else an event tells; never a secret."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Who did what to which account, chatbot or key. Ids and texts that do not apply are empty."""

    id: str
    created_ms: int
    actor: str
    action: str
    account_id: str
    chatbot_id: str
    key_id: str
    request_id: str
    details: Details


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which events to find; what is empty or None does not narrow. From `since_ms` on, before `until_ms`."""

    account_id: str = ""
    chatbot_id: str = ""
    key_id: str = ""
    action: str = ""
    since_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list; `next_position` is None on the last."""

    items: tuple[Item, ...]
    next_position: int | None
