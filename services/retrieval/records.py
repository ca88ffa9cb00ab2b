"""What the relational store holds, as the rules see it. Times are Unix milliseconds, UTC."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.retrieval.sentences import Span


@dataclass(frozen=True, slots=True)
class Source:
    """A page or file. `version` names its present content; it changes with every replacement."""

    id: str
    chatbot_id: str
    url: str
    title: str
    version: str
    digest: str
    enabled: bool
    passages: int
    size_bytes: int
    created_ms: int
    updated_ms: int
    position: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a source; `place` counts from 0. `sentences` are spans in `text`."""

    id: str
    place: int
    headings: tuple[str, ...]
    text: str
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage with what a citation needs of its source."""

    passage: Passage
    source_id: str
    url: str
    title: str


@dataclass(frozen=True, slots=True)
class QaPair:
    """A question with its fixed answer. `wording` is the question as it is compared letter for letter."""

    id: str
    chatbot_id: str
    wording: str
    question: str
    answer: str
    url: str
    title: str
    created_ms: int
    position: int = 0


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """What the index should hold of a version: `entries` passages of a source, or one question."""

    version: str
    chatbot_id: str
    entries: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Removed:
    """What the removal of everything took away."""

    sources: int
    qa_pairs: int
    versions: Sequence[str]
