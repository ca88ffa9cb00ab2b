"""One event of a chat completion: what of it matters to an answer."""

import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from services.chat.answerers.model.failures import FailureKind, ProviderFailure, loggable
from services.chat.answerers.model.refusals import read_refusal
from services.chat.answerers.model.server_sent_events import Event

# Beyond it a count is a mistake, and no longer one of the wire's numbers.
MAXIMUM_COUNT = 2**31 - 1
_REASONING = ("reasoning_content", "reasoning", "reasoning_details", "thinking", "thinking_blocks")
# Of the parts of a list, those that are said.
_SPOKEN = frozenset({"text", "output_text", "refusal"})


class Finish(Enum):
    """How a model came to its end."""

    WHOLE = auto()
    LENGTH = auto()
    FILTERED = auto()
    SILENT = auto()
    """It thought, and then said nothing."""


# Providers' own words beside OpenAI's.
_FINISHES = {
    **dict.fromkeys(("stop", "eos", "eos_token", "stop_sequence", "end_turn", "complete"), Finish.WHOLE),
    **dict.fromkeys(("length", "max_tokens", "model_length"), Finish.LENGTH),
    **dict.fromkeys(("content_filter", "safety", "refusal", "sensitive", "prohibited_content"), Finish.FILTERED),
}


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of a prompt and its answer, as a provider counted them; None where it did not."""

    prompt_tokens: int | None = None
    answer_tokens: int | None = None


# Not frozen, which would cost more than all the rest: there is one for each token.
@dataclass(slots=True)
class Chunk:
    """What one chunk tells.

    `thinks`: the model is at thoughts that no user sees. `finish`: None if it goes on. `index`: of the choice.
    """

    text: str = ""
    thinks: bool = False
    finish: Finish | None = None
    usage: TokenUsage | None = None
    index: int | None = None


def read_chunk(data: str, index: int | None = None) -> Chunk:
    """An event's data. `index`: of the choice that is listened to; None: whichever comes first.

    Pings, counts and a filter's results are events of their own, without a choice. ProviderFailure for an error, and
    for what is not the protocol.
    """
    return _read(_object(data), index)


def plain_text(chunk: dict[str, Any] | None, index: int | None) -> str | None:
    """The text of a chunk that has nothing else to tell, as nearly all.

    None for any other, and for another choice.
    """
    if chunk is None or chunk.get("usage") or chunk.get("error") or chunk.get("object") == "error":
        return None
    try:
        (choice,) = chunk["choices"]
        text, of = choice["delta"]["content"], choice.get("index", 0)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    is_plain = type(text) is str and text and type(of) is int and of == index and choice.get("finish_reason") is None
    return text if is_plain else None


def read_completion(data: str) -> Chunk:
    """A whole completion. ProviderFailure for an error, and for what is not the protocol."""
    completion = _object(data)
    read = _read(completion, None)
    if not completion.get("choices") and not read.finish:
        raise ProviderFailure(FailureKind.GARBAGE, f"no choices: {loggable(data)}")
    return read


def _object(data: str) -> dict[str, Any]:
    if isinstance(data, Event) and data.holds is not None:
        return data.holds
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProviderFailure(FailureKind.GARBAGE, f"no JSON: {loggable(data)}") from error
    if not isinstance(value, dict):
        raise ProviderFailure(FailureKind.GARBAGE, f"no object: {loggable(data)}")
    return value


def _read(chunk: dict[str, Any], index: int | None) -> Chunk:
    if chunk.get("error") or chunk.get("object") == "error":
        return _failed(chunk)
    usage = _usage(chunk.get("usage"))
    choices = chunk.get("choices")
    if choices is None:
        return Chunk(usage=usage)
    if not isinstance(choices, list):
        raise ProviderFailure(FailureKind.GARBAGE, f"no choices: {loggable(chunk)}")
    if len(choices) == 1 and isinstance(choices[0], dict):
        # Nearly always: one answer is asked for.
        only = _index(choices[0])
        return _choice(choices[0], usage, only) if index in (None, only) else Chunk(usage=usage)
    numbered = [(_index(choice), choice) for choice in choices if isinstance(choice, dict)]
    if index is not None:
        numbered = [(number, choice) for number, choice in numbered if number == index]
    # The first, or the only one under whatever number.
    number, choice = min(numbered, key=lambda each: each[0], default=(index, None))
    return Chunk(usage=usage) if choice is None or number is None else _choice(choice, usage, number)


def _index(choice: dict[str, Any]) -> int:
    index = choice.get("index")
    return index if type(index) is int else 0


def _choice(choice: dict[str, Any], usage: TokenUsage | None, index: int) -> Chunk:
    said = choice.get("delta") or choice.get("message") or {}
    if not isinstance(said, dict):
        raise ProviderFailure(FailureKind.GARBAGE, f"no delta: {loggable(said)}")
    content = said.get("content")
    text = _text(content) or _text(said.get("refusal"))
    thinks = not text and (any(said.get(name) for name in _REASONING) or (isinstance(content, list) and bool(content)))
    reason = choice.get("finish_reason")
    if reason in (None, "", "null"):
        return Chunk(text, thinks, None, usage, index)
    finish = _FINISHES.get(str(reason).lower())
    if finish is None:
        # Be it a call of a tool that was never offered or a provider's error, the answer is not whole.
        raise UnusableFinish(text, str(reason))
    return Chunk(text, thinks, finish, usage, index)


class UnusableFinish(ProviderFailure):
    """The model stopped for a reason that leaves the answer unfinished. `text` came with it."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(FailureKind.BROKEN, f"finish_reason {loggable(reason)}")
        self.text = text


def _text(content: object) -> str:
    """Text, or the texts in a list of parts, without those that are thoughts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part for part in content if isinstance(part, dict) and part.get("thought") is not True)
        spoken = (part for part in parts if str(part.get("type") or "text").lower() in _SPOKEN)
        return "".join(_text(part.get("text")) or _text(part.get("refusal")) for part in spoken)
    return ""


def _usage(usage: object) -> TokenUsage | None:
    if not isinstance(usage, dict):
        return None
    counts = TokenUsage(_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))
    return counts if counts != TokenUsage() else None


def _count(tokens: object) -> int | None:
    return tokens if type(tokens) is int and 0 <= tokens <= MAXIMUM_COUNT else None


def _failed(chunk: dict[str, Any]) -> Chunk:
    failure = read_refusal(json.dumps(chunk.get("error") or chunk))
    if failure.kind is FailureKind.FILTERED:
        return Chunk(finish=Finish.FILTERED)
    raise failure
