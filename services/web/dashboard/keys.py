"""API keys as pages show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chatmount.auth.v1 import auth_pb2
from chatmount.quota.v1 import quota_pb2

_STATES = {
    auth_pb2.API_KEY_STATUS_ACTIVE: "active",
    auth_pb2.API_KEY_STATUS_EXPIRED: "expired",
    auth_pb2.API_KEY_STATUS_REVOKED: "revoked",
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. Times in Unix seconds, None for never."""

    id: str
    name: str
    last4: str
    state: str
    addresses: tuple[str, ...]
    last_used_at: int | None
    expires_at: int | None

    @classmethod
    def of(cls, key: auth_pb2.ApiKey) -> "Key":
        """From the message."""
        return cls(
            key.id,
            key.name,
            key.last4,
            _STATES[key.status],
            tuple(key.allowlist),
            key.last_used_at if key.HasField("last_used_at") else None,
            key.expires_at if key.HasField("expires_at") else None,
        )

    @property
    def is_active(self) -> bool:
        """Whether it opens anything."""
        return self.state == "active"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a chatbot: those that work oldest first, the others newest first."""

    active: Sequence[Key]
    ended: Sequence[Key]

    @classmethod
    def of(cls, listed: Iterable[auth_pb2.ApiKey]) -> "Keys":
        """From the messages, oldest first."""
        keys = [Key.of(key) for key in listed]
        return cls([key for key in keys if key.is_active], [key for key in reversed(keys) if not key.is_active])

    def find(self, key_id: str) -> Key | None:
        """One of them."""
        return next((key for key in (*self.active, *self.ended) if key.id == key_id), None)


def most_keys(plans: Iterable[quota_pb2.Plan], plan: str) -> int:
    """How many keys a chatbot may have on a plan; none on one that is gone."""
    return next((each.keys_per_chatbot for each in plans if each.name == plan), 0)
