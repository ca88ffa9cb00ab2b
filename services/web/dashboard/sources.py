"""Sources as pages show them, and which of them a list shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.web.dashboard.last_sync import LastSync
from services.web.dashboard.source_links import Link

MAXIMUM_ADDED = 100
"""Sources that a list of what was just added holds: as many as a form has files."""


@dataclass(frozen=True, slots=True)
class State:
    """A state that sources are shown in. `kind`: that of its badge."""

    name: str
    label: str
    kind: str
    statuses: tuple[pb.SourceStatus.ValueType, ...]


STATES = (
    State("ready", "Ready", "good", (pb.SOURCE_STATUS_READY,)),
    State("reading", "Being read", "busy", (pb.SOURCE_STATUS_INDEXING, pb.SOURCE_STATUS_WAITING)),
    State("failed", "Failed", "bad", (pb.SOURCE_STATUS_FAILED,)),
    State("off", "Off", "plain", (pb.SOURCE_STATUS_DISABLED,)),
)
_BY_NAME = {state.name: state for state in STATES}
_BY_STATUS = {status: state for state in STATES for status in state.statuses}


@dataclass(frozen=True, slots=True)
class Source:
    """A source. `progress`: how far its newest content is, empty where none is on its way."""

    id: str
    title: str
    place: Link
    state: State
    passages: int
    size_bytes: int
    updated_at: int
    error: str
    progress: str
    is_failed: bool

    @classmethod
    def of(cls, source: pb.Source) -> "Source":
        """From the message."""
        state = _BY_STATUS[source.status]
        return cls(
            source.id,
            source.title,
            Link.to(source.url),
            state,
            source.passages,
            source.size_bytes,
            source.updated_at,
            source.error,
            _progress(source.ingest) if source.HasField("ingest") else "",
            state.name == "failed",
        )


def _progress(ingest: pb.Ingest) -> str:
    if not ingest.working:
        return "waits for its turn"
    return f"{ingest.passages_done} of {ingest.passages_all} passages" if ingest.passages_all else "begun"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many sources there are, and what they hold."""

    by_state: Mapping[str, int]
    passages: int
    size_bytes: int

    @classmethod
    def of(cls, counts: pb.GetSourceCountsResponse) -> "Counts":
        """From the message."""
        by_state = dict.fromkeys(_BY_NAME, 0)
        for each in counts.counts:
            by_state[_BY_STATUS[each.status].name] += each.sources
        return cls(by_state, counts.passages, counts.size_bytes)

    @property
    def all(self) -> int:
        """Sources in any state."""
        return sum(self.by_state.values())


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which sources a list shows, and which page of them.

    Those just `added`; else those in a state, with a text.
    """

    state: str = ""
    text: str = ""
    added: tuple[str, ...] = ()
    page: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Chosen":
        """From an address; a state that there is not means all."""
        state = query.get("state", "")
        added = tuple(filter(None, query.get("added", "").split(",")))[:MAXIMUM_ADDED]
        return cls(state if state in _BY_NAME else "", query.get("text", ""), added, query.get("page", ""))

    @property
    def statuses(self) -> Iterable[pb.SourceStatus.ValueType]:
        """The states that are asked for; none: any."""
        return _BY_NAME[self.state].statuses if self.state else ()

    @property
    def is_all(self) -> bool:
        """Whether nothing narrows the list."""
        return not (self.state or self.text or self.added)

    @property
    def filter(self) -> str:
        """What stands in the address of every page of the list."""
        return self._query({"state": self.state, "text": self.text, "added": ",".join(self.added)})

    @property
    def query(self) -> str:
        """What stands in the address of this page of the list."""
        return f"{self.filter}&{urlencode({'page': self.page})}".lstrip("&") if self.page else self.filter

    def of_state(self, name: str) -> str:
        """The same list of another state."""
        return self._query({"state": name, "text": self.text})

    @staticmethod
    def _query(values: Mapping[str, str]) -> str:
        return urlencode({name: value for name, value in values.items() if value}, safe=",")


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list of sources. `counts` are of the whole chatbot."""

    chosen: Chosen
    counts: Counts
    sources: list[Source] = field(default_factory=list)
    next_token: str = ""
    last_sync: LastSync | None = None

    @property
    def is_moving(self) -> bool:
        """Whether anything of the chatbot is on its way into the index."""
        return self.counts.by_state["reading"] > 0 or any(source.progress for source in self.sources)
