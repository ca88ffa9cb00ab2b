"""Callers that leave when the store has a change, and the index does not follow it yet."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from services.database import Database
from services.retrieval.embedders.embedders import Embedders
from services.retrieval.index.bm25 import Bm25Encoder
from services.retrieval.index.index import VersionState
from services.retrieval.index.indexer import EditionIndexer
from services.retrieval.index.server.server import ServerIndex
from services.retrieval.ingest.ingest import Document, Ingest
from services.retrieval.ingest.queue import IngestQueue
from services.retrieval.ingest.source_header import SourceHeader
from services.retrieval.ingest.sources import Sources
from services.retrieval.search.qa_pairs import QaPairs
from services.retrieval.store.stores import Stores
from services.retrieval.upkeep.keeper import Keeper
from services.tasks import Tasks
from tests.retrieval.crashing_child import BOT, FIRST, SECOND, ReaderHere
from tests.retrieval.keeping_process import NOW
from tests.retrieval.test_keeper_races import Gate
from tests.retrieval.word_embedder import WordEmbedder
from tests.waiting import until

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")


def document(text: str) -> Document:
    return Document("acct_1", BOT, SourceHeader.checked("page.txt", "", "", ""), text.encode())


class Service:
    """Retrieval's parts that write. Whatever is put in front of a store or of the index stays there."""

    def __init__(self, database: Database, index: Any, finishing: Tasks) -> None:
        self.index, self.stores, self.finishing = index, Stores(database), finishing

    @property
    def keeper(self) -> Keeper:
        return Keeper(self.index, self._indexer, self.stores, lambda: NOW, shared=False)

    @property
    def ingest(self) -> Ingest:
        return Ingest(
            self.stores, self._indexer, self.keeper, ReaderHere(), self.finishing, lambda: NOW, maximum_bytes=1000
        )

    @property
    def sources(self) -> Sources:
        return Sources(self.stores, self.keeper, self.finishing, lambda: NOW)

    @property
    def pairs(self) -> QaPairs:
        return QaPairs(self.stores.qa_pairs, self._indexer, self.keeper, self.finishing, lambda: NOW)

    @property
    def _indexer(self) -> EditionIndexer:
        return EditionIndexer(self.index, Bm25Encoder(), Embedders(WordEmbedder()), self.stores.languages)

    async def add(self, text: str) -> str:
        return (await self.ingest.add(document(text)))[0].id

    async def is_settled(self) -> bool:
        return await self.stores.unsettled.unsettled() == []

    async def held(self) -> list[VersionState]:
        return list((await self.index.versions()).values())


@pytest.fixture
async def service(database: Database, index: ServerIndex) -> AsyncIterator[Service]:
    async with Tasks(finishes=True) as finishing:
        yield Service(database, index, finishing)


async def left_at(gate: Gate, call: Awaitable[object]) -> None:
    """Has the caller leave when the gate is reached."""
    leaving = asyncio.ensure_future(call)
    await gate.reached.wait()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    gate.opened.set()


async def test_the_index_follows_a_switch(service: Service) -> None:
    source_id = await service.add(FIRST)
    await service.sources.set_enabled(BOT, source_id, enabled=False)
    gate = service.index = Gate(service.index, "set_enabled")
    await left_at(gate, service.sources.set_enabled(BOT, source_id, enabled=True))
    await until(service.is_settled)
    assert await service.held() == [VersionState(1, enabled=True)]


@pytest.mark.parametrize("everything", [False, True])
async def test_the_index_follows_a_removal(service: Service, everything: bool) -> None:
    source_id = await service.add(FIRST)
    gate = service.index = Gate(service.index, "remove")
    sources = service.sources
    await left_at(gate, sources.remove_all(BOT) if everything else sources.remove(BOT, source_id))
    await until(service.is_settled)
    assert await service.held() == []


async def test_the_index_follows_a_replacement(service: Service) -> None:
    await service.add(FIRST)
    gate = service.stores.sources = Gate(service.stores.sources, "put", after=True)  # type: ignore[assignment]
    await left_at(gate, service.add(SECOND))
    await until(service.is_settled)
    assert len(await service.held()) == 1


async def test_the_index_follows_a_question(service: Service) -> None:
    gate = service.index = Gate(service.index, "add_question")
    await left_at(gate, service.pairs.add(BOT, "Who?", "We.", "", ""))
    await until(service.is_settled)
    assert len(await service.held()) == 1
    (pair,) = await service.pairs.page(BOT, 0, 2)
    gate = service.index = Gate(service.index, "remove")
    await left_at(gate, service.pairs.remove(BOT, pair.id))
    await until(service.is_settled)
    assert await service.held() == []


class Watched:
    """Content that waits, and whether it was looked for and not found."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.has_found_none = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def take(self, *arguments: Any) -> Any:
        found = await self._inner.take(*arguments)
        if found == (None, False):
            self.has_found_none.set()
        return found


async def test_content_is_taken_up_that_was_accepted(service: Service) -> None:
    watched = Watched(service.stores.ingests)
    gate = service.stores.ingests = Gate(watched, "accept", after=True)  # type: ignore[assignment]
    async with Tasks() as tasks:
        queue = IngestQueue(service.stores.ingests, service.ingest, service.finishing, lambda: NOW, shared=False)
        await queue.start(tasks)
        await watched.has_found_none.wait()
        await left_at(gate, queue.accept(document(FIRST)))

        async def is_indexed() -> bool:
            return [one.passages for one in await service.sources.page(BOT, 0, 2)] == [1]

        await until(is_indexed)
