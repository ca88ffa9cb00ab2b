"""The meaning of a provider's refusal: whether it may pass, and which setting is at fault."""

import json
import re
from collections.abc import Iterator

from services.chat.answerers.model.failures import FailureKind, ProviderFailure, loggable

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
    r"(?:(?:context (?:length|window|size)|\bn_ctx|max_model_len|tokens allowed|limit|cannot exceed|<=)\D{0,25}?"
    r"|> (?=\d+ maximum)|\b(?=\d+ maximum context)|\[1, (?=\d+\]))"
    r"(?<!\d)(\d{3,8})(?!\.?\d|[a-z]|\s?(?:bytes?|[kmg]i?b)\b)"
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# Validators repeat what they were sent, and that is a visitor's words.
_REPEATED = re.compile(r"""['"]input['"]\s*:|\binput_value\s*=""")
_MESSAGES = ("error", "message", "detail", "msg", "loc", "param", "n_ctx", "metadata", "raw")
_CODES = ("code", "type", "status")
_OF_CODES = ("error", "innererror", "inner_error", "detail", "details", "metadata", "raw")
MAXIMUM_TOLD = 2000
_NO_MODEL = re.compile(
    r"model.{0,80}(?:not (?:found|exist|supported|available)|does(?: not|n't) exist|unknown|invalid)"
)
_NO_MODEL_EITHER = re.compile(r"(?:unknown|invalid|no such|not a valid) model|model_not_found")
_KEY = re.compile(r"api.?key|authenticat|unauthori[sz]ed|credential")
_ANSWER_TOKENS = re.compile(r"max_(?:completion_|output_)?tokens")


def read_refusal(body: str, status: int = 0, secret: str = "", retry_after: float | None = None) -> ProviderFailure:
    """The failure that an error tells of.

    `status` 0: it is JSON from within a reply that began well. `secret`: for no log.
    """
    text = refusal_text(body)
    codes = set(_codes(_read(body)))
    detail = f"status {status}: {loggable(body, secret)}" if status else f"error: {loggable(_message(body), secret)}"
    if not status:
        status = next((int(code) for code in codes if re.fullmatch(r"[45]\d\d", code)), 0)
    kind, setting = _kind(status, codes, text), ""
    if kind is FailureKind.TOO_LONG:
        setting = "CONTEXT_TOKENS"
    elif kind is FailureKind.REFUSED:
        setting = _setting(status, codes, text)
    return ProviderFailure(kind, detail, retry_after=retry_after, setting=setting, limit=_limit(text, kind))


def _kind(status: int, codes: set[str], text: str) -> FailureKind:
    if status not in (401, 404, 429) and (
        any(map(_FILTERED_CODES.search, codes)) or (status in (400, 403) and _FILTERED_TEXT.search(text))
    ):
        return FailureKind.FILTERED
    if status == 413 or (status in (0, 400, 422, 500) and _TOO_LONG.search(text)):
        return FailureKind.TOO_LONG
    if codes & _UNPAID or status == 402:
        return FailureKind.REFUSED
    if codes & _BUSY or str(status) in _BUSY:
        return FailureKind.BUSY
    passing = not status or status in _PASSING or (status >= 500 and status != _NEVER_SERVED)
    return FailureKind.DOWN if passing else FailureKind.REFUSED


def _setting(status: int, codes: set[str], text: str) -> str:
    if _NO_MODEL.search(text) or _NO_MODEL_EITHER.search(text):
        return "MODEL"
    if status in (401, 402, 403) or codes & _UNPAID or _KEY.search(text):
        return "API_KEY"
    if _ANSWER_TOKENS.search(text):
        return "ANSWER_TOKENS"
    return "MODEL" if status in (400, 422) else "URL"


def refusal_text(body: str) -> str:
    """An error's own words and codes in lower case, without what it repeats of the request."""
    error = _read(body)
    return " ".join([*_messages(error), *_codes(error)]).lower()[:MAXIMUM_TOLD]


def _limit(text: str, kind: FailureKind) -> int | None:
    """How many tokens prompt and answer may have together, if it says so."""
    found = _LIMIT.search(_THOUSANDS.sub("", text)) if kind is FailureKind.TOO_LONG else None
    return int(found[1]) if found else None


def _read(body: str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _message(body: str) -> object:
    """What an error within a reply tells, or all of it."""
    error = _read(body)
    return error.get("message") or error if isinstance(error, dict) else error


def _messages(value: object, name: str = "", depth: int = 6) -> Iterator[str]:
    """The words of an error, and the fields that it names; also of an error in an error's words."""
    if isinstance(value, str):
        inner = _read(value) if value.startswith(("{", "[")) and depth else None
        if isinstance(inner, dict | list):
            yield from _messages(inner, "", depth - 1)
        else:
            yield _REPEATED.split(value, maxsplit=1)[0][:MAXIMUM_TOLD]
    elif isinstance(value, list) and depth:
        for each in value[:20]:
            yield from _messages(each, name, depth - 1)
    elif isinstance(value, dict) and depth:
        for field in _MESSAGES:
            yield from _messages(value.get(field), field, depth - 1)
    elif type(value) is int and name == "n_ctx":
        yield f"n_ctx {value}"


def _codes(value: object, depth: int = 6) -> Iterator[str]:
    """All that an error is called by."""
    if isinstance(value, list) and depth:
        for each in value[:20]:
            yield from _codes(each, depth - 1)
    elif isinstance(value, dict) and depth:
        yield from (str(value[name]).lower()[:100] for name in _CODES if isinstance(value.get(name), str | int))
        for name in _OF_CODES:
            yield from _codes(value.get(name), depth - 1)
