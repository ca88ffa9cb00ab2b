"""What a provider means when it refuses: whether that may pass, and if not, which setting is at fault."""

import json
import re
from collections.abc import Iterator
from typing import Any

from services.chat.answerers.model.failures import Kind, ProviderFailure, loggable

_BUSY = frozenset({"429", "503", "529", "rate_limit_exceeded", "rate_limit_error", "overloaded_error"})
_PASSING = frozenset({408, 409, 425})
_NEVER_SERVED = 501
_UNPAID = frozenset({"402", "insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})

_FILTERED_CODES = re.compile(
    r"content_?(?:filter|policy|moderation)|responsible_?ai|data_?inspection|moderation|prohibited_content|^safety$"
)
_FILTERED_TEXT = re.compile(r"content (?:management )?policy|content filter|input was flagged|usage guidelines")
_TOO_LONG = re.compile(
    r"context[_ ](?:length|window|size)|maximum context|max_model_len|max_new_tokens|input token count|too many tokens"
    r"|(?:prompt|input|request)(?: is)? too (?:long|large)|string_above_max_length|reduce the length"
    r"|range of input length"
)
_LIMIT = re.compile(
    r"(?:context (?:length|window|size)|\"n_ctx\"|max_model_len|tokens allowed|limit|cannot exceed|<=)\D{0,25}?(\d+)"
    r"|> (\d+) maximum|(\d+) maximum context|\[1, (\d+)\]"
)
_NO_MODEL = re.compile(
    r"model.{0,80}(?:not (?:found|exist|supported|available)|does(?: not|n't) exist|unknown|invalid)"
)
_NO_MODEL_EITHER = re.compile(r"(?:unknown|invalid|no such|not a valid) model|model_not_found")
_KEY = re.compile(r"api.?key|authenticat|unauthori[sz]ed|credential")
_ANSWER_TOKENS = re.compile(r"max_(?:completion_|output_)?tokens")


def refusal(body: str, status: int = 0, secret: str = "", retry_after: float | None = None) -> ProviderFailure:
    """What an error says. `status` 0: it is JSON from within a reply that began well. `secret`: for no log."""
    text = body.lower()
    codes = set(_codes(body))
    detail = f"status {status}: {loggable(body, secret)}" if status else f"error: {loggable(_message(body), secret)}"
    if not status:
        status = next((int(code) for code in codes if re.fullmatch(r"[45]\d\d", code)), 0)
    kind, setting = _kind(status, codes, text), ""
    if kind is Kind.TOO_LONG:
        setting = "CONTEXT_TOKENS"
    elif kind is Kind.REFUSED:
        setting = _setting(status, codes, text)
    return ProviderFailure(kind, detail, retry_after=retry_after, setting=setting, limit=_limit(text, kind))


def _kind(status: int, codes: set[str], text: str) -> Kind:
    if status not in (401, 404, 429) and (
        any(map(_FILTERED_CODES.search, codes)) or (status in (400, 403) and _FILTERED_TEXT.search(text))
    ):
        return Kind.FILTERED
    if status == 413 or (status in (0, 400, 422, 500) and _TOO_LONG.search(text)):
        return Kind.TOO_LONG
    if codes & _UNPAID or status == 402:
        return Kind.REFUSED
    if codes & _BUSY or str(status) in _BUSY:
        return Kind.BUSY
    passing = not status or status in _PASSING or (status >= 500 and status != _NEVER_SERVED)
    return Kind.DOWN if passing else Kind.REFUSED


def _setting(status: int, codes: set[str], text: str) -> str:
    if _NO_MODEL.search(text) or _NO_MODEL_EITHER.search(text):
        return "MODEL"
    if status in (401, 402, 403) or codes & _UNPAID or _KEY.search(text):
        return "API_KEY"
    if _ANSWER_TOKENS.search(text):
        return "ANSWER_TOKENS"
    return "MODEL" if status in (400, 422) else "URL"


def _limit(text: str, kind: Kind) -> int | None:
    """How many tokens prompt and answer may have together, if it says so."""
    found = _LIMIT.search(text.replace(",", "") if "[1, " not in text else text) if kind is Kind.TOO_LONG else None
    return int(next(filter(None, found.groups()))) if found else None


def _message(body: str) -> object:
    """What an error within a reply tells, or all of it."""
    error = json.loads(body)
    return error.get("message") or error if isinstance(error, dict) else error


def _codes(body: str) -> Iterator[str]:
    """All that an error is called by, at any depth."""
    try:
        waiting: list[Any] = [json.loads(body)]
    except (ValueError, RecursionError):
        return
    for _ in range(100):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, dict):
            yield from (str(value[name]).lower() for name in ("code", "type", "status") if value.get(name))
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
