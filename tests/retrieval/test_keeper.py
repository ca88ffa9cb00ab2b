"""Keeping the index in line with the store where several processes share both."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from qdrant_client import AsyncQdrantClient

from services.database import Database
from services.ids import new_id
from services.retrieval.index.bm25 import Bm25Encoder
from services.retrieval.index.index import VersionState
from services.retrieval.index.indexer import EditionIndexer
from services.retrieval.index.schema import Fingerprint
from services.retrieval.index.server.server import ServerIndex
from services.retrieval.records import Passage, Source
from services.retrieval.store.sources import SourceStore
from services.retrieval.store.stores import Stores
from services.retrieval.store.unsettled import UnsettledStore
from services.retrieval.upkeep.keeper import Keeper
from services.retrieval.upkeep.notes import GRACE_MS
from services.tasks import Tasks
from tests.retrieval.word_embedder import WordEmbedder

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")

NOW = 1_800_000_000.0
NOW_MS = int(NOW * 1000)


@dataclass
class Parts:
    index: ServerIndex
    indexer: EditionIndexer
    sources: SourceStore
    unsettled: UnsettledStore
    keeper: Keeper

    async def stage(self, version: str, noted_ms: int, passages: list[Passage]) -> None:
        """What an ingest does before it commits."""
        await self.unsettled.note(version, noted_ms)
        await self.indexer.add_passages("bot_a", version, "Title", passages)


@pytest.fixture
async def parts(database: Database) -> AsyncIterator[Parts]:
    embedder = WordEmbedder()
    index = await ServerIndex.open(AsyncQdrantClient(":memory:"), Fingerprint.of(embedder))
    stores = Stores(database)
    indexer = EditionIndexer(index, Bm25Encoder(), embedder, stores.languages)
    keeper = Keeper(index, indexer, stores, lambda: NOW, shared=True)
    yield Parts(index, indexer, stores.sources, stores.unsettled, keeper)
    await index.close()


def passages(count: int) -> list[Passage]:
    return [Passage(new_id("psg"), place, (), "Parking is free.", ((0, 16),)) for place in range(count)]


def source(version: str, count: int) -> Source:
    return Source(new_id("src"), "bot_a", f"file:{version}", "Title", version, "d", True, count, 1, NOW_MS, NOW_MS)


async def test_what_another_process_is_adding_is_left_alone(parts: Parts) -> None:
    await parts.stage("ver_young", NOW_MS - 1000, passages(2))
    await parts.stage("ver_old", NOW_MS - GRACE_MS - 1000, passages(3))
    await parts.keeper.reconcile()
    assert await parts.index.versions() == {"ver_young": VersionState(2, True)}
    assert await parts.unsettled.unsettled() == ["ver_young"]


async def test_what_nobody_noted_is_removed(parts: Parts) -> None:
    await parts.indexer.add_passages("bot_a", "ver_nobodys", "Title", passages(1))
    await parts.keeper.reconcile()
    assert await parts.index.versions() == {}


async def test_a_version_that_is_not_whole_is_indexed_anew(parts: Parts) -> None:
    texts = passages(40)
    await parts.stage("ver_half", NOW_MS, texts[:7])
    await parts.sources.put(source("ver_half", 40), texts, NOW_MS)
    await parts.keeper.reconcile()
    assert parts.keeper.is_missing("ver_half")
    async with Tasks() as tasks:
        parts.keeper.start(tasks)
        await parts.keeper.rebuilt()
    assert not parts.keeper.is_missing("ver_half")
    assert await parts.index.versions() == {"ver_half": VersionState(40, True)}


async def test_a_source_switched_off_while_nobody_looked_is_switched_off(parts: Parts) -> None:
    texts = passages(2)
    await parts.stage("ver_a", NOW_MS, texts)
    stored, _ = await parts.sources.put(source("ver_a", 2), texts, NOW_MS)
    await parts.sources.set_enabled("bot_a", stored.id, False, NOW_MS)
    await parts.keeper.reconcile()
    assert await parts.index.versions() == {"ver_a": VersionState(2, False)}


async def test_settling_a_version_twice_changes_nothing(parts: Parts) -> None:
    texts = passages(2)
    await parts.stage("ver_a", NOW_MS, texts)
    await parts.sources.put(source("ver_a", 2), texts, NOW_MS)
    for _ in range(2):
        await parts.keeper.settle(["ver_a", "ver_unknown", ""])
    assert await parts.index.versions() == {"ver_a": VersionState(2, True)}
    assert await parts.unsettled.unsettled() == []
