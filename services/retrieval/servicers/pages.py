"""Pages of lists: sizes and tokens."""

import base64
import binascii
import re

from services.retrieval.origin import invalid

DEFAULT_PAGE_SIZE = 100
MAXIMUM_PAGE_SIZE = 1000

_MARK = "after:"


def check_page_size(size: int) -> int:
    """The size to use: 100 for 0. INVALID_FIELD outside 1–1000."""
    if not 0 <= size <= MAXIMUM_PAGE_SIZE:
        raise invalid(f"page_size must be between 1 and {MAXIMUM_PAGE_SIZE}, or 0 for {DEFAULT_PAGE_SIZE}.")
    return size or DEFAULT_PAGE_SIZE


def encode_page_token(position: int) -> str:
    """What stands for the place after `position`."""
    return base64.urlsafe_b64encode(f"{_MARK}{position}".encode()).decode()


def decode_page_token(token: str) -> int:
    """The position after which the page begins, 0 for the first. INVALID_FIELD for a token that is none of ours."""
    if not token:
        return 0
    try:
        text = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    match = re.fullmatch(_MARK + r"([0-9]{1,18})", text, re.ASCII)
    if match is None:
        raise invalid("page_token is not one that this method gave out.")
    return int(match[1])
