"""Lists in pages: sizes, and tokens that say where the next page begins and mean nothing to clients."""

import base64
import binascii

from services.errors import ChatmountError, ErrorReason

MAXIMUM_PAGE_SIZE = 1000
_LARGEST = 2**63 - 1


def page_size(asked: int, default: int) -> int:
    """The number of entries on a page; 0 asks for the default. INVALID_FIELD outside of 0–1000."""
    if not 0 <= asked <= MAXIMUM_PAGE_SIZE:
        raise _invalid(f"page_size must be from 0 to {MAXIMUM_PAGE_SIZE}")
    return asked or default


def page_token(*numbers: int) -> str:
    """A position, made of whole numbers, as a token."""
    return base64.urlsafe_b64encode(".".join(map(str, numbers)).encode()).decode()


def position(token: str, length: int) -> tuple[int, ...] | None:
    """The numbers of a token that was made of `length`; None for the empty one. INVALID_FIELD for anything else."""
    if not token:
        return None
    try:
        parts = base64.b64decode(token, altchars=b"-_", validate=True).decode("ascii").split(".")
    except (binascii.Error, ValueError) as error:
        raise _bad_token() from error
    if len(parts) != length or not all(part.isdigit() and len(part) < 20 for part in parts):
        raise _bad_token()
    numbers = tuple(map(int, parts))
    if max(numbers) > _LARGEST:
        raise _bad_token()
    return numbers


def _bad_token() -> ChatmountError:
    return _invalid("page_token must be the next_page_token of the page before")


def _invalid(text: str) -> ChatmountError:
    return ChatmountError(ErrorReason.ERROR_REASON_INVALID_FIELD, text)
