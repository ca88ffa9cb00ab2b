"""One event of a chat completion: what of it matters to an answer."""

import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from services.chat.answerers.model.failures import Kind, ProviderFailure, loggable

_BUSY = frozenset({"429", "503", "529", "rate_limit_exceeded", "rate_limit_error", "overloaded_error"})
# Beyond it a count is a mistake, and no longer one of the wire's numbers.
MAXIMUM_COUNT = 2**31 - 1
CHUNK = "chat.completion.chunk"
_REASONING = ("reasoning_content", "reasoning", "thinking")


class Finish(Enum):
    """How a model came to its end."""

    WHOLE = auto()
    LENGTH = auto()
    FILTERED = auto()


# Providers' own words beside OpenAI's.
_FINISHES = {
    **dict.fromkeys(("stop", "eos", "eos_token", "stop_sequence", "end_turn", "complete"), Finish.WHOLE),
    **dict.fromkeys(("length", "max_tokens", "model_length"), Finish.LENGTH),
    **dict.fromkeys(("content_filter", "safety", "refusal"), Finish.FILTERED),
}


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a prompt and its answer, as a provider counted them; None where it did not."""

    prompt_tokens: int | None = None
    answer_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """`alive`: the model is at work, though it may be with thoughts that nobody sees. `finish`: None if it goes on."""

    text: str = ""
    alive: bool = False
    finish: Finish | None = None
    usage: Usage | None = None


def read_chunk(data: str) -> Chunk:
    """An event's data, or a whole completion. ProviderFailure when it is an error or not the protocol."""
    try:
        chunk = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProviderFailure(Kind.GARBAGE, f"no JSON: {loggable(data)}") from error
    if not isinstance(chunk, dict):
        raise ProviderFailure(Kind.GARBAGE, f"no object: {loggable(data)}")
    if chunk.get("error"):
        raise _failure(chunk["error"])
    choices = chunk.get("choices")
    usage = _usage(chunk.get("usage"))
    if choices is None and ("choices" in chunk or usage or chunk.get("object") == CHUNK):
        choices = []
    if not isinstance(choices, list):
        raise ProviderFailure(Kind.GARBAGE, f"no choices: {loggable(data)}")
    # None: accounts and filter results have chunks of their own.
    return next(
        (_choice(choice, usage) for choice in choices if isinstance(choice, dict) and not choice.get("index")),
        Chunk(usage=usage),
    )


def _choice(choice: dict[str, Any], usage: Usage | None) -> Chunk:
    said = choice.get("delta") or choice.get("message") or {}
    if not isinstance(said, dict):
        raise ProviderFailure(Kind.GARBAGE, f"no delta: {loggable(said)}")
    text = _text(said.get("content")) or _text(said.get("refusal"))
    reason = choice.get("finish_reason")
    if reason in (None, "", "null"):
        return Chunk(text, bool(text) or any(said.get(name) for name in _REASONING), usage=usage)
    finish = _FINISHES.get(str(reason).lower())
    if finish is None:
        # A call of a tool that nobody offered, a provider's error: whatever it is, the answer is not whole.
        raise UnusableFinish(text, str(reason))
    return Chunk(text, True, finish, usage)


class UnusableFinish(ProviderFailure):
    """The model stopped for a reason that leaves the answer unfinished. `text` came with it."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(Kind.BROKEN, f"finish_reason {loggable(reason)}")
        self.text = text


def _text(content: object) -> str:
    """Text, or the texts in a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_text(part.get("text")) for part in content if isinstance(part, dict))
    return ""


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    told = Usage(_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))
    return told if told != Usage() else None


def _count(tokens: object) -> int | None:
    return tokens if type(tokens) is int and 0 <= tokens <= MAXIMUM_COUNT else None


def _failure(error: object) -> ProviderFailure:
    if not isinstance(error, dict):
        return ProviderFailure(Kind.DOWN, f"error: {loggable(error)}")
    codes = {str(error.get(name)) for name in ("code", "type", "status")}
    return ProviderFailure(Kind.BUSY if codes & _BUSY else Kind.DOWN, f"error: {loggable(error.get('message', error))}")
