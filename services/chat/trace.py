"""The trace of a turn: what was found, what answered from it, how long it took.

For operators, never for users. A field of a trace is named alike here, in `chat.proto` and in what is stored.
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from services.chat.passages import Passage, SearchResult
from services.errors import ChatmountError

# A trace is kept as long as its turn: what of it pages and models have written is cut.
MAXIMUM_TITLE, MAXIMUM_URL, MAXIMUM_TEXT = 200, 500, 200
MAXIMUM_PASSAGES = 20
DIGEST_BYTES = 8


class Maker(StrEnum):
    """Who made an answer, or was at it when it failed."""

    UNSPECIFIED = ""
    PAIR = "pair"
    FALLBACK = "fallback"
    EXTRACTIVE = "extractive"
    MODEL = "model"


@dataclass
class TracedPassage:
    """A passage that was found. Scores are None where they were not computed.

    `excerpt`: how it begins. `told`: the answerer got it. `cited`: the answer rests on it. `digest`: of all its text,
    by which a replay tells whether it has changed; "" in traces of versions that did not keep it.
    """

    passage_id: str = ""
    source_id: str = ""
    url: str = ""
    title: str = ""
    excerpt: str = ""
    fused: float = 0.0
    lexical: float | None = None
    vector: float | None = None
    sentence: float | None = None
    told: bool = False
    cited: bool = False
    digest: str = ""


@dataclass
class Trace:
    """Filled in while an answer is made; every part of the work writes down what it alone knows.

    Times are milliseconds from the beginning of the request, None for what was not reached. `closeness` is what was
    held against `threshold`. Tokens as the provider counted them. `trace_id`: of the request's spans, see spans.py.
    """

    searched_for: str = ""
    passages: list[TracedPassage] = field(default_factory=list)
    qa_pair_id: str = ""
    qa_similarity: float | None = None
    closeness: float | None = None
    threshold: float | None = None
    maker: Maker = Maker.UNSPECIFIED
    history_turns: int = 0
    prompt_version: str = ""
    model: str = ""
    provider: str = ""
    is_fallback_provider: bool = False
    tries: int = 0
    finish: str = ""
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    found_ms: int | None = None
    first_token_ms: int | None = None
    total_ms: int | None = None
    credits_used: int = 0
    error: str = ""
    trace_id: str = ""
    began: float = field(default_factory=time.monotonic, repr=False, compare=False)

    def found(self, result: SearchResult) -> None:
        """The search has replied."""
        self.found_ms = self.elapsed_ms()
        self.passages = [_traced(passage) for passage in result.passages[:MAXIMUM_PASSAGES]]
        if result.pair is not None:
            self.qa_pair_id, self.qa_similarity = result.pair.id, result.pair.similarity

    def given(self, passages: int, history_turns: int | None = None) -> None:
        """The answerer got so many passages and earlier turns; None: as many turns as before."""
        if history_turns is not None:
            self.history_turns = history_turns
        for number, passage in enumerate(self.passages):
            passage.told = number < passages

    def cite(self, numbers: Sequence[int]) -> None:
        """The answer rests on the passages with these numbers, from 1."""
        for number, passage in enumerate(self.passages, 1):
            passage.cited = number in numbers

    def ask(self, provider: str, model: str, *, is_fallback: bool) -> None:
        """A provider is asked; what another said of its try is forgotten."""
        self.provider, self.model = provider[:MAXIMUM_TITLE], model[:MAXIMUM_TITLE]
        self.is_fallback_provider = is_fallback
        self.tries += 1
        self.finish, self.prompt_tokens, self.answer_tokens, self.first_token_ms = "", None, None, None

    def speak(self) -> None:
        """The first of the answer is there, if none of it was."""
        if self.first_token_ms is None:
            self.first_token_ms = self.elapsed_ms()

    def end(self) -> None:
        """The answer is whole, or will not be."""
        self.total_ms = self.elapsed_ms()

    def fail(self, error: BaseException) -> None:
        """It ended early: why, in a word; `left` when nobody waited for it any more."""
        self.end()
        if isinstance(error, ChatmountError):
            self.error = error.reason.name.lower()
        else:
            self.error = "internal" if isinstance(error, Exception) else "left"

    def elapsed_ms(self) -> int:
        """Since the request began."""
        return int((time.monotonic() - self.began) * 1000)

    def as_json(self) -> str:
        """As it is stored: without what is not known."""
        values, *passages = _known((self, *self.passages))
        values["passages"] = passages
        del values["began"]
        return json.dumps(values)

    @classmethod
    def from_json(cls, stored: str) -> "Trace":
        """What `as_json` gave; fields that are unknown here are passed over."""
        values = _fields(cls, json.loads(stored))
        passages = [TracedPassage(**_fields(TracedPassage, each)) for each in values.get("passages", [])]
        return cls(**(values | {"passages": passages, "maker": Maker(values.get("maker", ""))}))


def _known(records: Iterable[object]) -> list[dict[str, Any]]:
    # Zero is a score like any other, and no number of tokens.
    return [{name: value for name, value in vars(one).items() if value is not None and value != ""} for one in records]


def _fields(record: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in record.__dataclass_fields__}


def _traced(passage: Passage) -> TracedPassage:
    excerpt, digest = _outline(passage.source.title, passage.headings, passage.text)
    return TracedPassage(
        passage_id=passage.id,
        source_id=passage.source_id,
        url=passage.source.url[:MAXIMUM_URL],
        title=passage.source.title[:MAXIMUM_TITLE],
        excerpt=excerpt,
        fused=passage.fused,
        lexical=passage.lexical,
        vector=passage.vector,
        sentence=passage.cosine,
        digest=digest,
    )


@lru_cache(1024)
def _outline(title: str, headings: tuple[str, ...], text: str) -> tuple[str, str]:
    """The excerpt and the digest of a passage. Most are found time and again."""
    excerpt = " ".join(text[: 2 * MAXIMUM_TEXT].split())[:MAXIMUM_TEXT]
    texts = "\n".join((title, *headings, text))
    return excerpt, blake2b(texts.encode("utf-8", "replace"), digest_size=DIGEST_BYTES).hexdigest()
