"""Numbers as people type them into forms. The services know the ranges, which `of` names."""

from services.errors import invalid

_LARGEST = 2**31 - 1


def number(name: str, text: str, of: str) -> float:
    """INVALID_FIELD for anything but a number."""
    try:
        return float(text)
    except ValueError:
        raise invalid(f"{name} must be a number from {of}.") from None


def whole_number(name: str, text: str, of: str) -> int:
    """INVALID_FIELD for anything but a whole number that a message can hold."""
    try:
        value = int(text)
    except ValueError:
        value = None
    if value is None or abs(value) > _LARGEST:
        raise invalid(f"{name} must be a whole number from {of}.")
    return value
