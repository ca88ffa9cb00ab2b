"""Failures of models by kind: all that a provider said for the log, nothing of it for users."""

import math
import re
from enum import Enum, auto

from services.errors import ChatmountError, Text, refusal

MAXIMUM_RETRY_AFTER = 60
MAXIMUM_DETAIL_LENGTH = 300

# What keys look like in the messages of providers that repeat them, whole or starred out.
_KEY = re.compile(r"(?i)\b(?:sk|pk|key|gsk|xai|hf)[-_][\w*.-]{4,}|\bbearer\s+\S+|[A-Za-z]+://\S+")


class FailureKind(Enum):
    """Why a try failed. All but the `LASTING` ones may pass by themselves."""

    DOWN = auto()
    """Not reached, or an error status of a server's own."""
    SLOW = auto()
    """Silence for longer than agreed."""
    BUSY = auto()
    """Too many requests, by its own account."""
    REFUSED = auto()
    """It does not take this request, and would not take it again: wrong key, model or parameters."""
    TOO_LONG = auto()
    """The prompt is longer than it takes."""
    FILTERED = auto()
    """It takes no prompt with such content."""
    GARBAGE = auto()
    """What it said is not the protocol."""
    BROKEN = auto()
    """It stopped without having ended."""
    EMPTY = auto()
    """It ended without having said anything."""


LASTING = frozenset({FailureKind.REFUSED, FailureKind.TOO_LONG, FailureKind.FILTERED})


class ProviderFailure(Exception):
    """One try with one provider failed. The text is for the log.

    `retry_after` in seconds, as the provider asked. `setting`: the end of the name of the one that is at fault, if
    any. `limit`: how many tokens the provider takes, if it says so.
    """

    def __init__(
        self,
        kind: FailureKind,
        detail: str,
        *,
        retry_after: float | None = None,
        setting: str = "",
        limit: int | None = None,
    ) -> None:
        super().__init__(f"{kind.name.lower()}: {detail}")
        self.kind = kind
        self.retry_after = retry_after
        self.setting = setting
        self.limit = limit


class ModelUnavailable(ChatmountError):
    """No provider has begun an answer."""

    def __init__(self, text: Text, *, retry_after: int | None = None) -> None:
        super().__init__(text.reason, text.template, retry_after=retry_after or text.retry_after)


def unavailable(failure: ProviderFailure) -> ModelUnavailable:
    """What users are told when the last try failed like this before the answer began."""
    if failure.kind is FailureKind.SLOW:
        return ModelUnavailable(Text.MODEL_SLOW)
    if failure.kind is FailureKind.BUSY:
        asked = math.ceil(min(max(1.0, failure.retry_after or 1.0), MAXIMUM_RETRY_AFTER))
        return ModelUnavailable(Text.MODEL_BUSY, retry_after=asked)
    if failure.kind in LASTING:
        return ModelUnavailable(Text.MODEL_SETUP)
    return ModelUnavailable(Text.MODEL_DOWN)


def broke_off(failure: ProviderFailure) -> ChatmountError:
    """What users are told when the answer had begun."""
    return refusal(Text.MODEL_SLOW if failure.kind is FailureKind.SLOW else Text.ANSWER_BROKE_OFF)


def loggable(message: object, secret: str = "") -> str:
    """A provider's words in one short line, without the key, anything like a key, or URLs."""
    text = str(message)[: 10 * MAXIMUM_DETAIL_LENGTH]
    if secret:
        text = text.replace(secret, "…")
    text = " ".join(_KEY.sub("…", text).split())
    return "".join(character for character in text if character.isprintable())[:MAXIMUM_DETAIL_LENGTH]
