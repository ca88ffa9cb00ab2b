"""A process that keeps an index which it shares with others."""

from typing import Any

from services.database import Database
from services.ids import new_id
from services.retrieval.embedders.embedders import Embedders
from services.retrieval.index.bm25 import Bm25Encoder
from services.retrieval.index.indexer import EditionIndexer
from services.retrieval.records import Passage, Source
from services.retrieval.store.stores import Stores
from services.retrieval.upkeep.keeper import Keeper
from tests.retrieval.word_embedder import WordEmbedder

NOW = 1_800_000_000.0
NOW_MS = int(NOW * 1000)


def passages(count: int) -> list[Passage]:
    return [Passage(new_id("psg"), place, (), "Parking is free.", ((0, 16),)) for place in range(count)]


class Process:
    """All processes of a test look at the same database and the same index."""

    def __init__(self, database: Database, index: Any, unsettled: Any = None) -> None:
        stores = Stores(database)
        stores.unsettled = unsettled or stores.unsettled
        self.index = index
        self.indexer = EditionIndexer(index, Bm25Encoder(), Embedders(WordEmbedder()), stores.languages)
        self.sources, self.unsettled = stores.sources, stores.unsettled
        self.keeper = Keeper(index, self.indexer, stores, lambda: NOW, shared=True)

    async def stage(self, version: str, texts: list[Passage], noted_ms: int = NOW_MS) -> None:
        """What an ingest does before it commits."""
        await self.unsettled.note(version, noted_ms)
        await self.indexer.add_passages("bot_a", version, "Title", texts)

    async def commit(self, version: str, texts: list[Passage]) -> str:
        """The id of the source whose version this becomes."""
        source = Source(
            new_id("src"), "bot_a", f"file:{version}", "Title", version, "d", True, len(texts), 1, NOW_MS, NOW_MS
        )
        stored, _ = await self.sources.put(source, texts, NOW_MS)
        return stored.id

    async def switch(self, source_id: str, version: str, enabled: bool) -> None:
        await self.sources.set_enabled("bot_a", source_id, enabled, NOW_MS)
        await self.keeper.settle([version])
