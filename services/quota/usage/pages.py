"""Page tokens: where a list goes on. Opaque to callers; they hold a position and no permission."""

import base64
import binascii
from dataclasses import dataclass

from services.errors import ChatmountError, ErrorReason

DEFAULT_SIZE = 100
MAXIMUM_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Position:
    """The last entry of the page before."""

    created_ms: int
    entry_id: str


def page_size(asked: int) -> int:
    """How many to give; INVALID_FIELD outside 0…1000."""
    if not 0 <= asked <= MAXIMUM_SIZE:
        raise ChatmountError(
            ErrorReason.ERROR_REASON_INVALID_FIELD, f"page_size must be from 0 to {MAXIMUM_SIZE} (0: {DEFAULT_SIZE})."
        )
    return asked or DEFAULT_SIZE


def token_of(position: Position) -> str:
    """The token that goes on after `position`."""
    return base64.urlsafe_b64encode(f"{position.created_ms}:{position.entry_id}".encode()).decode().rstrip("=")


def position_of(token: str) -> Position | None:
    """Where `token` goes on; None for the empty one. INVALID_FIELD when it is none of ours."""
    if not token:
        return None
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        created, _, entry_id = base64.b64decode(padded, b"-_", validate=True).decode().partition(":")
        if created.isascii() and created.isdigit() and len(created) <= 15 and entry_id.isprintable() and entry_id:
            return Position(int(created), entry_id)
    except (ValueError, binascii.Error):
        pass
    raise ChatmountError(
        ErrorReason.ERROR_REASON_INVALID_FIELD,
        "page_token is not one that this list has given; leave it empty to begin.",
    )
