"""The ids that callers may use."""

import re

from services.errors import invalid

MAXIMUM_ID_LENGTH = 128

_CHOSEN_ID = re.compile(r"[a-z]{3}_[A-Za-z0-9_-]{16,64}", re.ASCII)


def check_id(field: str, value: str) -> str:
    """Return the id. INVALID_FIELD when it is empty, too long or not printable."""
    if not 1 <= len(value) <= MAXIMUM_ID_LENGTH or not value.isprintable():
        raise invalid(f"{field} must be 1 to {MAXIMUM_ID_LENGTH} printable characters.")
    return value


def check_chosen_id(field: str, prefix: str, value: str | None) -> None:
    """INVALID_FIELD for an id that its caller chose in another form than the ledger's own."""
    if value is not None and not (_CHOSEN_ID.fullmatch(value) and value.startswith(f"{prefix}_")):
        raise invalid(f"{field} must be {prefix}_ and 16 to 64 characters of A-Z a-z 0-9 _ -, or empty.")
