"""Rules of the fields that requests carry: names, ids, page sizes and page tokens."""

import base64
import binascii
import re
import unicodedata

from services.errors import ChatmountError, ErrorReason

MAXIMUM_NAME_LENGTH = 200
DEFAULT_PAGE_SIZE = 100
MAXIMUM_PAGE_SIZE = 1000

# Control characters, and the two separators that break lines just as well.
_FORBIDDEN_CATEGORIES = ("Cc", "Zl", "Zp")
_ID = re.compile(r"[a-z]{2,8}_[0-9A-Za-z]{1,64}", re.ASCII)
_TOKEN_MARK = "after:"  # noqa: S105 - the mark of a page token, nothing secret


def clean_name(name: str, *, may_be_empty: bool = False) -> str:
    """The name as it is kept: composed (NFC), without space around it. INVALID_FIELD unless 1–200 characters."""
    cleaned = unicodedata.normalize("NFC", name).strip()
    if any(unicodedata.category(character) in _FORBIDDEN_CATEGORIES for character in cleaned):
        raise invalid("name must not contain control characters or line breaks.")
    if len(cleaned) > MAXIMUM_NAME_LENGTH or not (cleaned or may_be_empty):
        least = 0 if may_be_empty else 1
        raise invalid(f"name must be between {least} and {MAXIMUM_NAME_LENGTH} characters.")
    return cleaned


def check_id(text: str, field: str, kind: str) -> str:
    """The id, if it may be one. INVALID_FIELD when it is missing, NOT_FOUND when nothing can have it.

    So what reaches the store is always short plain ASCII, whatever a database makes of other characters.
    """
    if not text:
        raise invalid(f"{field} is required.")
    if _ID.fullmatch(text) is None:
        raise not_found(kind)
    return text


def check_page_size(size: int) -> int:
    """The size to use: 100 for 0. INVALID_FIELD outside 1–1000."""
    if not 0 <= size <= MAXIMUM_PAGE_SIZE:
        raise invalid(f"page_size must be between 1 and {MAXIMUM_PAGE_SIZE}, or 0 for {DEFAULT_PAGE_SIZE}.")
    return size or DEFAULT_PAGE_SIZE


def encode_page_token(position: int | None) -> str:
    """What stands for the place after `position`; empty for None, the end."""
    return "" if position is None else base64.urlsafe_b64encode(f"{_TOKEN_MARK}{position}".encode()).decode()


def decode_page_token(token: str) -> int:
    """The position after which the page begins, 0 for the first. INVALID_FIELD for a token that is none of ours."""
    if not token:
        return 0
    try:
        text = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    mark, digits = text[: len(_TOKEN_MARK)], text[len(_TOKEN_MARK) :]
    if mark != _TOKEN_MARK or re.fullmatch(r"[0-9]{1,18}", digits, re.ASCII) is None:
        raise invalid("page_token is not one that this method gave out.")
    return int(digits)


def invalid(text: str) -> ChatmountError:
    """INVALID_FIELD with a text that names the field and the rule."""
    return ChatmountError(ErrorReason.ERROR_REASON_INVALID_FIELD, text)


def not_found(kind: str) -> ChatmountError:
    """NOT_FOUND for an `account`, `chatbot` or `API key`; the same text for what is there but not the caller's."""
    return ChatmountError(ErrorReason.ERROR_REASON_NOT_FOUND, f"There is no such {kind}.")
