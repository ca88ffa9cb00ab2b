"""What the relational store holds, as the rules see it. Times are Unix milliseconds, UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

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


class Standing(NamedTuple):
    """What the state of a source follows from, beside the index.

    `is_worked_on`: whether it is the turn of the content under way; None where there is none.
    """

    version: str
    enabled: bool
    has_content: bool
    has_error: bool
    is_worked_on: bool | None

    @property
    def is_refused(self) -> bool:
        """Whether its content was refused and is not being tried again right now."""
        return self.has_error and not self.is_worked_on


@dataclass(frozen=True, slots=True)
class StandingSum:
    """Sources that stand alike: how many, and what they hold together."""

    standing: Standing
    sources: int
    passages: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """How many sources of a chatbot are in each state, and what it holds."""

    sources: Mapping[SourceStatus, int]
    passages: int
    size_bytes: int
    qa_pairs: int


class ListedSource(NamedTuple):
    """What a filter of sources looks at: a tuple, since it looks at thousands."""

    position: int
    title: str
    url: str
    standing: Standing


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
    def standing(self) -> Standing:
        """What its state follows from."""
        worked_on = None if self.under_way is None else self.under_way.working
        return Standing(self.version, self.enabled, self.passages > 0, bool(self.error), worked_on)


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
