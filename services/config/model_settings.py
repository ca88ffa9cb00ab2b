"""The settings of language models: which, how patient to be with them, and what to do without them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """An OpenAI-compatible endpoint; not configured when `url` is empty."""

    url: str = ""
    model: str = ""
    api_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """See docs/configuration.md; each field is the variable of the same name with `CHATMOUNT_LLM_` before it.

    Times in seconds.
    """

    first: ModelEndpoint
    fallback: ModelEndpoint
    extractive_when_down: bool
    concurrency: int
    context_tokens: int
    answer_tokens: int
    temperature: float
    tokenizer: Path | None
    connect_seconds: int
    first_token_seconds: int
    token_seconds: int
    total_seconds: int
    cite_unmarked: bool
    rewrite: bool

    @property
    def endpoints(self) -> tuple[ModelEndpoint, ...]:
        """Those that are configured, in the order in which they are asked."""
        return tuple(endpoint for endpoint in (self.first, self.fallback) if endpoint.url)


class Reader(Protocol):
    """What reads variables, by their names without `CHATMOUNT_`."""

    def number(self, name: str, default: int, minimum: int, maximum: int) -> int: ...

    def decimal(self, name: str, minimum: float, maximum: float) -> float | None: ...

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str: ...

    def file(self, name: str) -> Path | None: ...

    def endpoint(self, url: str, model: str, api_key: str) -> ModelEndpoint: ...


def read_model_settings(read: Reader, first: ModelEndpoint) -> ModelSettings:
    """The settings of the models after `first`, which is read already. The reader refuses what can't be used."""
    return ModelSettings(
        first=first,
        fallback=read.endpoint("LLM_FALLBACK_URL", "LLM_FALLBACK_MODEL", "LLM_FALLBACK_API_KEY"),
        extractive_when_down=read.choice("LLM_WHEN_DOWN", "REFUSE", ("REFUSE", "EXTRACTIVE")) == "EXTRACTIVE",
        concurrency=read.number("LLM_CONCURRENCY", 1200, 1, 100_000),
        context_tokens=read.number("LLM_CONTEXT_TOKENS", 8192, 2048, 10_000_000),
        answer_tokens=read.number("LLM_ANSWER_TOKENS", 1024, 16, 100_000),
        # The likeliest words: the same question gets the same answer, whole or streamed.
        temperature=read.decimal("LLM_TEMPERATURE", 0.0, 2.0) or 0.0,
        tokenizer=read.file("LLM_TOKENIZER"),
        connect_seconds=read.number("LLM_CONNECT_SECONDS", 5, 1, 300),
        first_token_seconds=read.number("LLM_FIRST_TOKEN_SECONDS", 30, 1, 3600),
        token_seconds=read.number("LLM_TOKEN_SECONDS", 20, 1, 3600),
        total_seconds=read.number("LLM_TOTAL_SECONDS", 300, 1, 3600),
        cite_unmarked=read.choice("LLM_CITE_UNMARKED", "OFF", ("ON", "OFF")) == "ON",
        rewrite=read.choice("LLM_REWRITE", "ON", ("ON", "OFF")) == "ON",
    )
