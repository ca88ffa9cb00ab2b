"""Conversations: what is kept of them, for how long, and how they are listed."""

import base64
import binascii
from dataclasses import dataclass

from services.errors import ChatmountError, ErrorReason

SECONDS_PER_DAY = 86_400
DEFAULT_PAGE_SIZE = 100
MAXIMUM_PAGE_SIZE = 1000
# So that one reply stays far below gRPC's limit of 4 MiB a message, however long the turns are.
SHOWN_TURNS = 200


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer.

    `completed_ms`: Unix milliseconds. `broken_off`: the answer is what had left when it broke off.
    """

    question: str
    answer: str
    source_urls: tuple[str, ...]
    request_id: str
    completed_ms: int
    broken_off: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation; times in Unix milliseconds."""

    id: str
    created_ms: int
    last_used_ms: int
    turns: int


@dataclass(frozen=True, slots=True)
class PagePosition:
    """Where a page begins: after the session that was last used at `last_used_ms` and has the row number `key`."""

    last_used_ms: int
    key: int

    def token(self) -> str:
        """The position as the opaque text that clients send back."""
        return base64.urlsafe_b64encode(f"{self.last_used_ms}.{self.key}".encode()).decode()


def page_position(token: str) -> PagePosition | None:
    """The position that a page token stands for, None for the first page. INVALID_FIELD for anything else."""
    if not token:
        return None
    try:
        last_used, _, key = base64.b64decode(token, altchars=b"-_", validate=True).decode("ascii").partition(".")
        position = PagePosition(int(last_used), int(key))
    except (binascii.Error, ValueError) as error:
        raise _bad_page_token() from error
    if not 0 <= position.key < 2**63 or not 0 <= position.last_used_ms < 2**63:
        raise _bad_page_token()
    return position


def page_size(asked: int) -> int:
    """The number of sessions on a page; 0 asks for the default. INVALID_FIELD outside of 0–1000."""
    if not 0 <= asked <= MAXIMUM_PAGE_SIZE:
        raise ChatmountError(ErrorReason.ERROR_REASON_INVALID_FIELD, f"page_size must be from 0 to {MAXIMUM_PAGE_SIZE}")
    return asked or DEFAULT_PAGE_SIZE


def _bad_page_token() -> ChatmountError:
    return ChatmountError(
        ErrorReason.ERROR_REASON_INVALID_FIELD, "page_token must be the next_page_token of the page before"
    )
