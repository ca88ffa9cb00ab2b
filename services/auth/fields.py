"""Rules of the fields that requests carry: names and ids."""

import re
import unicodedata

from services.errors import ChatmountError, Text, invalid, refusal

MAXIMUM_NAME_LENGTH = 200

# Control characters, and the two separators that break lines just as well.
_FORBIDDEN_CATEGORIES = ("Cc", "Zl", "Zp")
_NOUNS = {
    "account_id": "account",
    "first_owner_of": "account",
    "chatbot_id": "chatbot",
    "widget_id": "widget",
    "api_key_id": "API key",
    "user_id": "user",
    "session_id": "session",
    "invitation_id": "invitation",
}
_ID = re.compile(r"[a-z]{2,8}_[0-9A-Za-z]{1,64}", re.ASCII)
_CREATION_ID = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


def clean_name(name: str, *, may_be_empty: bool = False) -> str:
    """The name as it is kept: NFC, stripped. INVALID_FIELD unless it has 1–200 characters."""
    cleaned = unicodedata.normalize("NFC", name).strip()
    if any(unicodedata.category(character) in _FORBIDDEN_CATEGORIES for character in cleaned):
        raise invalid("name must not contain control characters or line breaks.")
    if len(cleaned) > MAXIMUM_NAME_LENGTH or not (cleaned or may_be_empty):
        least = 0 if may_be_empty else 1
        raise invalid(f"name must be between {least} and {MAXIMUM_NAME_LENGTH} characters.")
    return cleaned


def check_id(text: str, field: str) -> str:
    """The id in a field. INVALID_FIELD when it is missing, NOT_FOUND when nothing can have it.

    So the store is asked for short plain ASCII alone, whatever a database makes of other characters.
    """
    if not text:
        raise invalid(f"{field} is required.")
    if _ID.fullmatch(text) is None:
        raise not_found(_NOUNS[field])
    return text


def check_creation_id(text: str) -> str:
    """The id that a caller chose for what it creates; "" for none. INVALID_FIELD for a bad one."""
    if text and _CREATION_ID.fullmatch(text) is None:
        raise invalid("creation_id must be 16 to 64 characters of A–Z a–z 0–9 _ -, or empty.")
    return text


def not_found(noun: str) -> ChatmountError:
    """NOT_FOUND for an `account`, a `chatbot` …, missing or beyond the caller's scope."""
    return refusal(Text.NOT_FOUND, thing=noun)
