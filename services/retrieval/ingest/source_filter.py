"""Which sources of a chatbot are asked for."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.retrieval.ingest.source_fields import clean_part
from services.retrieval.records import ListedSource, SourceStatus


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """Sources in one of these states, with this text in their title or URL; empty: any."""

    statuses: frozenset[SourceStatus] = frozenset()
    text: str = ""

    @classmethod
    def checked(cls, statuses: Iterable[SourceStatus], text: str) -> "SourceFilter":
        """INVALID_FIELD for a text that is too long or has control characters."""
        return cls(frozenset(statuses), clean_part(text).casefold())

    def admits(self, source: ListedSource, status: SourceStatus) -> bool:
        """Whether the source, which is in this state, is asked for."""
        # Not in SQL: databases know other letters than ASCII by their case only sometimes.
        is_in = not self.text or self.text in source.title.casefold() or self.text in source.url.casefold()
        return is_in and (not self.statuses or status in self.statuses)


EVERY_SOURCE = SourceFilter()
