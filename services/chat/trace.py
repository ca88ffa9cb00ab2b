"""How a turn came about: what was found, who answered from it, how long that took. For operators, never for users."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.chat.findings import Findings, Passage
from services.errors import ChatmountError

# A trace is kept as long as its turn: what of it pages and models have written is cut.
MAXIMUM_TITLE, MAXIMUM_URL, MAXIMUM_TEXT = 200, 500, 200
MAXIMUM_PASSAGES = 20


class Maker(StrEnum):
    """Who made an answer, or was at it when it failed."""

    NOBODY = ""
    PAIR = "pair"
    FALLBACK = "fallback"
    EXTRACTIVE = "extractive"
    MODEL = "model"


@dataclass
class TracedPassage:
    """A passage that was found, and its scores; None where one was not computed. `text`: how it begins."""

    id: str = ""
    source_id: str = ""
    url: str = ""
    title: str = ""
    text: str = ""
    fused: float = 0.0
    lexical: float | None = None
    vector: float | None = None
    sentence: float | None = None


@dataclass
class Trace:
    """Filled in while an answer is made; every part of the work writes down what it alone knows.

    Times are milliseconds from the beginning of the request, None for what was not reached. `told` and `turns_told`:
    how many of the passages and earlier turns the answerer got; `cited`: numbers of passages, from 1. `closeness` is
    what was held against `threshold`. `provider` counts from 1; 2 is the fallback. Tokens as the provider told them.
    """

    searched_for: str = ""
    passages: list[TracedPassage] = field(default_factory=list)
    pair_id: str = ""
    similarity: float | None = None
    closeness: float | None = None
    threshold: float | None = None
    maker: str = Maker.NOBODY
    told: int = 0
    turns_told: int = 0
    cited: list[int] = field(default_factory=list)
    prompt_version: str = ""
    model: str = ""
    provider: int = 0
    provider_name: str = ""
    tries: int = 0
    finish: str = ""
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    found_ms: int | None = None
    first_token_ms: int | None = None
    total_ms: int | None = None
    credits_used: int = 0
    error: str = ""
    began: float = field(default_factory=time.monotonic, repr=False, compare=False)

    def found(self, findings: Findings) -> None:
        """The search has replied."""
        self.found_ms = self.elapsed_ms()
        self.passages = [_traced(passage) for passage in findings.passages[:MAXIMUM_PASSAGES]]
        if findings.pair is not None:
            self.pair_id, self.similarity = findings.pair.id, findings.pair.similarity

    def asked(self, provider: int, name: str, model: str) -> None:
        """A provider is asked; what another told of its try is forgotten."""
        self.provider, self.provider_name, self.model = provider, name[:MAXIMUM_TITLE], model[:MAXIMUM_TITLE]
        self.tries += 1
        self.finish, self.prompt_tokens, self.answer_tokens, self.first_token_ms = "", None, None, None

    def spoke(self) -> None:
        """The first of the answer is there, if none of it was."""
        if self.first_token_ms is None:
            self.first_token_ms = self.elapsed_ms()

    def ended(self) -> None:
        """It is over."""
        self.total_ms = self.elapsed_ms()

    def failed(self, error: BaseException) -> None:
        """It ended early: why, in a word; `left` when nobody waited for it any more."""
        self.ended()
        if isinstance(error, ChatmountError):
            self.error = error.reason.name.lower()
        else:
            self.error = "internal" if isinstance(error, Exception) else "left"

    def elapsed_ms(self) -> int:
        """Since the request began."""
        return int((time.monotonic() - self.began) * 1000)

    def as_json(self) -> str:
        """As it is stored: without what is not known."""
        known = _known(vars(self))
        if self.passages:
            known["passages"] = [_known(vars(passage)) for passage in self.passages]
        return json.dumps(known)

    @classmethod
    def from_json(cls, stored: str) -> "Trace":
        """What `as_json` gave, also where another version did: what is unknown here is passed over."""
        values: dict[str, Any] = json.loads(stored)
        passages = [TracedPassage(**_fields(TracedPassage, each)) for each in values.pop("passages", [])]
        return cls(**_fields(cls, values), passages=passages)


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    # Zero is a score like any other, and no number of tokens.
    return {name: value for name, value in values.items() if name != "began" and value not in (None, "", [])}


def _fields(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in kind.__dataclass_fields__}


def _traced(passage: Passage) -> TracedPassage:
    return TracedPassage(
        id=passage.id,
        source_id=passage.source_id,
        url=passage.source.url[:MAXIMUM_URL],
        title=passage.source.title[:MAXIMUM_TITLE],
        text=" ".join(passage.text[: 2 * MAXIMUM_TEXT].split())[:MAXIMUM_TEXT],
        fused=passage.fused,
        lexical=passage.lexical,
        vector=passage.vector,
        sentence=passage.cosine,
    )
