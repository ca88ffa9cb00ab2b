"""What the relational store holds, as the rules see it. Times are Unix milliseconds, UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from services.retrieval.text.sentences import Span


class Withdrawn(Exception):
    """Content that is not wanted any more: its source was removed, or newer content came."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Content that was accepted and is not in the index yet.

    `id` names it; `passages_all` 0: it is not read yet.
    """

    id: str
    working: bool
    passages_done: int
    passages_all: int
    accepted_ms: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """Content to be read and indexed.

    `header`: what came with it, in the form of `Header.to_text`. `account`: the one whose turns it takes.
    """

    id: str
    source_id: str
    account: str
    chatbot_id: str
    header: str
    content: bytes


class SourceStatus(Enum):
    """The states that sources are shown in. See the proto."""

    WAITING = auto()
    INDEXING = auto()
    READY = auto()
    DISABLED = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Source:
    """A page or file. `version` names its present content; it changes with every replacement.

    One without passages has no content yet: it is under way, or could not be read, for which `error` is the cause.
    `origin`: how it can be read again, in the words of the one who added it.
    """

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
    error: str = ""
    origin: str = ""
    under_way: UnderWay | None = None

    @property
    def is_refused(self) -> bool:
        """Whether its content was refused and is not being tried again right now."""
        return bool(self.error) and not (self.under_way is not None and self.under_way.working)


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
    """A question with its fixed answer.

    `wording` is the question as it is compared letter for letter.
    """

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
