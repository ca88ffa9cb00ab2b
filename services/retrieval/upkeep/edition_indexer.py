"""What fills an edition of the index: as it should be, or by words alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.retrieval.embedders.embedder import Vector
from services.retrieval.index.index import FilledIndex, PassageEntry
from services.retrieval.indexer import Indexer
from services.retrieval.search.retriever import Retriever


@dataclass(frozen=True, slots=True)
class Serving:
    """What asks and fills an edition. `makeshift` fills it where the model of its vectors can't be had."""

    retriever: Retriever
    indexer: Indexer
    makeshift: Indexer


class Makeshift:
    """Fills an index by words alone, whose entries should have vectors, and says so."""

    def __init__(self, index: FilledIndex) -> None:
        self._index = index

    async def add_passages(self, chatbot_id: str, version: str, entries: Sequence[PassageEntry]) -> None:
        """See Index."""
        await self._index.add_passages(chatbot_id, version, [replace(entry, is_makeshift=True) for entry in entries])

    async def add_question(self, chatbot_id: str, version: str, question_id: str, vector: Vector) -> None:
        """Nothing: what is found by its vector alone is not found by words."""
