"""Lists in pages: their sizes, and tokens of where the next page begins.

A token means nothing to clients. It holds a position and no permission: it shows nothing that is not shown without it.
"""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from services.errors import ChatmountError, invalid

Row = TypeVar("Row")

DEFAULT_PAGE_SIZE = 100
MAXIMUM_PAGE_SIZE = 1000
LARGEST_NUMBER = 2**63 - 1  # what a database can compare with


def page_size(asked: int, default: int = DEFAULT_PAGE_SIZE) -> int:
    """The number of entries on a page; `default` for 0. INVALID_FIELD outside 0–1000."""
    if not 0 <= asked <= MAXIMUM_PAGE_SIZE:
        raise invalid(f"page_size must be from 1 to {MAXIMUM_PAGE_SIZE}, or 0 for {default}.")
    return asked or default


def page_token(*position: int | str) -> str:
    """The token of the place after `position`."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def page_position(token: str, *types: type[int] | type[str]) -> tuple[Any, ...] | None:
    """The position that a token stands for, of these types; None for "": the first page.

    INVALID_FIELD for a token that was not given out here.
    """
    if not token:
        return None
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        position = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        position = None
    if (
        not isinstance(position, list)
        or [type(part) for part in position] != list(types)
        or any(isinstance(part, int) and not 0 <= part <= LARGEST_NUMBER for part in position)
        or any(isinstance(part, str) and not (part.isascii() and part.isprintable()) for part in position)
    ):
        raise not_a_token()
    return tuple(position)


def in_digits(text: str) -> str:
    """Any text as a part of a position."""
    return text.encode().hex()


def from_digits(digits: str) -> str:
    """What `in_digits` was given. INVALID_FIELD for digits that it does not make."""
    try:
        text = bytes.fromhex(digits).decode()
    except ValueError:
        raise not_a_token() from None
    if "\0" in text:  # PostgreSQL can't be asked for it
        raise not_a_token()
    return text


def cut_page(
    rows: Sequence[Row], size: int, position: Callable[[Row], tuple[int | str, ...]]
) -> tuple[Sequence[Row], str]:
    """The first `size` of up to `size + 1` rows, and the token of the next page, or ""."""
    page = rows[:size]
    return page, page_token(*position(page[-1])) if len(rows) > size else ""


def not_a_token() -> ChatmountError:
    """INVALID_FIELD for a token that was not given out here."""
    return invalid("page_token is not one that this method gave out; leave it empty to begin.")
