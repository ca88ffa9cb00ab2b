"""Which sources of a chatbot are asked for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.retrieval.ingest.source_fields import clean_part
from services.retrieval.records import ListedSource, SourceStatus, Standing


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """Sources in one of these states, with this text in their title or URL; empty: any."""

    statuses: frozenset[SourceStatus] = frozenset()
    text: str = ""

    @classmethod
    def checked(cls, statuses: Iterable[SourceStatus], text: str) -> "SourceFilter":
        """INVALID_FIELD for a text that is too long or has control characters."""
        return cls(frozenset(statuses), clean_part(text).casefold())

    def admits(self, source: ListedSource, status_of: Callable[[Standing], SourceStatus]) -> bool:
        """Whether the source is asked for."""
        # Not in SQL: databases know other letters than ASCII by their case only sometimes.
        if self.text and self.text not in source.title.casefold() and self.text not in source.url.casefold():
            return False
        return not self.statuses or status_of(source.standing) in self.statuses


EVERY_SOURCE = SourceFilter()
