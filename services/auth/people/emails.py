"""Rules of e-mail addresses: which can be one, and when two are the same."""

import unicodedata

from services.errors import ChatmountError, invalid

LONGEST_EMAIL = 254


def clean_email(email: str) -> str:
    """The address as it is kept: NFC, stripped. INVALID_FIELD unless it can be one."""
    cleaned = unicodedata.normalize("NFC", email).strip()
    # Of the key, which shows a full-width @ and spaces of all kinds for what they are.
    name, _, domain = email_key(cleaned).partition("@")
    if not name or not domain or "@" in domain:
        raise invalid("email must be an address such as ada@example.com.")
    if any(character.isspace() or unicodedata.category(character) in ("Cc", "Cf") for character in cleaned):
        raise _unfit()
    return cleaned


def email_key(email: str) -> str:
    """What addresses are told apart by: without regard to case and forms of letters.

    INVALID_FIELD for one that is too long, or that PostgreSQL can't be asked for.
    """
    if "\0" in email:
        raise _unfit()
    key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email.strip()).casefold())
    if max(len(email), len(key)) > LONGEST_EMAIL:
        raise invalid(f"email must be at most {LONGEST_EMAIL} characters.")
    return key


def _unfit() -> ChatmountError:
    return invalid("email must not contain spaces or control characters.")
