"""What Auth knows of accounts, chatbots and keys. Times are Unix milliseconds, UTC."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list; `next_position` is None on the last."""

    items: tuple[Item, ...]
    next_position: int | None
