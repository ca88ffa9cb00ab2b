"""How a chatbot speaks: its instructions, and what it says when it does not know."""

import math
from dataclasses import dataclass

from services.errors import ChatmountError, ErrorReason

MAXIMUM_INSTRUCTIONS_LENGTH = 8000
MAXIMUM_FALLBACK_LENGTH = 2000
DEFAULT_FALLBACK = "I could not find an answer to that in the pages I know."
DEFAULT_THRESHOLD = 0.4


@dataclass(frozen=True, slots=True)
class Profile:
    """`abstention_threshold`: how close the best sentence must be to the question, 0 to 1; below it, the fallback."""

    instructions: str = ""
    fallback: str = DEFAULT_FALLBACK
    abstention_threshold: float = DEFAULT_THRESHOLD


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """New values; None leaves what is there. An empty fallback brings the default text back."""

    instructions: str | None = None
    fallback: str | None = None
    abstention_threshold: float | None = None


def checked_change(change: ProfileChange) -> ProfileChange:
    """The change as it is stored. INVALID_FIELD for a text that is too long or a threshold outside of 0 to 1."""
    return ProfileChange(
        instructions=_text("instructions", change.instructions, MAXIMUM_INSTRUCTIONS_LENGTH),
        fallback=_text("fallback", change.fallback, MAXIMUM_FALLBACK_LENGTH),
        abstention_threshold=_threshold(change.abstention_threshold),
    )


def _text(name: str, text: str | None, maximum: int) -> str | None:
    if text is None:
        return None
    if len(text) > maximum:
        raise _invalid(f"{name} must be at most {maximum} characters")
    return text.replace("\0", "").strip()


def _threshold(threshold: float | None) -> float | None:
    if threshold is not None and not (math.isfinite(threshold) and 0 <= threshold <= 1):
        raise _invalid("abstention_threshold must be a number from 0 to 1")
    return threshold


def _invalid(text: str) -> ChatmountError:
    return ChatmountError(ErrorReason.ERROR_REASON_INVALID_FIELD, text)
