"""Forms of what two people may change at once: from which state, and what differs now."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from google.protobuf.message import Message

from services.web.dashboard.forms import Form

SEEN = "seen"
"""The field that tells which state a form was filled in from."""
CHANGED = "Somebody has changed this meanwhile. What they saved stands at each field; save again to keep yours."
NO_THEIRS: Mapping[str, str] = {}
"""Where nobody has."""


def seen_of(message: Message) -> str:
    """What `SEEN` holds of this state."""
    return sha256(message.SerializeToString(deterministic=True)).hexdigest()


def saved_meanwhile(typed: Form, now: Form, fields: Iterable[str]) -> dict[str, str]:
    """Fields that somebody has saved otherwise since the form was filled in."""
    if typed.get(SEEN) == now.get(SEEN):
        return {}
    return {name: now.get(name) for name in fields if typed.get(name).strip() != now.get(name)}
