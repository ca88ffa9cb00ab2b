"""kill -9 at every write: what was acknowledged is there, and nothing else is indexed."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from services.clock import system_clock
from services.database import Database
from services.database.migrations import migrate
from services.retrieval.embedders.embedders import Embedders
from services.retrieval.index.bm25 import Bm25Encoder
from services.retrieval.index.edge.edge import EdgeIndex
from services.retrieval.index.index import Index
from services.retrieval.index.indexer import EditionIndexer
from services.retrieval.index.schema import Fingerprint
from services.retrieval.search.question_vectors import QuestionVectors
from services.retrieval.search.retriever import Retriever
from services.retrieval.store.stores import Stores
from services.retrieval.store.unsettled import UnsettledStore
from services.retrieval.upkeep.keeper import Keeper
from tests.retrieval.crashing_child import ACKNOWLEDGED, BOT, FIRST, SECOND
from tests.retrieval.word_embedder import WordEmbedder


@asynccontextmanager
async def restarted(home: Path) -> AsyncIterator[tuple[Index, UnsettledStore, Retriever]]:
    embedder, encoder = WordEmbedder(), Bm25Encoder()
    database = Database(f"sqlite+aiosqlite:///{home / 'retrieval.db'}", "retrieval")
    await migrate(database)
    index = await EdgeIndex.open(home / "index", Fingerprint.of(embedder))
    stores = Stores(database)
    indexer = EditionIndexer(index, encoder, Embedders(embedder), stores.languages)
    await Keeper(index, indexer, stores, system_clock, shared=False).reconcile()
    yield index, stores.unsettled, Retriever(index, encoder, Embedders(embedder), stores.sources, QuestionVectors())
    await index.close()
    await database.close()


async def check(home: Path, acknowledged: list[str]) -> None:
    async with restarted(home) as (index, unsettled, retriever):
        live = await unsettled.live()
        held = await index.versions()
        assert {version: (one.entries, one.enabled) for version, one in live.items()} == {
            version: (state.entries, state.enabled) for version, state in held.items()
        }, acknowledged
        assert await unsettled.unsettled() == []
        found = await retriever.search(
            BOT,
            await retriever.question(BOT, "text about parking", [], limit=50, include_sentences=False),
            50,
            include_sentences=False,
        )
        texts = {(one.found.title, one.found.passage.text) for one in found}
    assert_acknowledged(texts, acknowledged)


def assert_acknowledged(texts: set[tuple[str, str]], acknowledged: list[str]) -> None:
    """A change that was not acknowledged may have happened or not; one that was has."""
    kept = {text for name, text in texts if name == "kept.txt"}
    gone = {text for name, text in texts if name == "gone.txt"}
    last = {text for name, text in texts if name == "last.txt"}
    if f"added|kept.txt|{SECOND}" in acknowledged:
        assert kept == {SECOND}
    elif f"added|kept.txt|{FIRST}" in acknowledged:
        assert kept in ({FIRST}, {SECOND})
    if "disabled|gone.txt" in acknowledged:
        assert gone == set()
    elif f"added|gone.txt|{FIRST}" in acknowledged:
        assert gone in ({FIRST}, set())
    if f"added|last.txt|{FIRST}" in acknowledged:
        assert last == {FIRST}
    assert len(kept) <= 1


async def test_no_write_is_a_bad_moment_to_be_killed_at(tmp_path: Path, size: Callable[[int], int]) -> None:
    # Every second one by default, and all of them with --size 1.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.retrieval.crashing_child", str(tmp_path), str(size(2))
    )
    assert await process.wait() == 0
    homes = sorted(tmp_path.iterdir(), key=lambda home: int(home.name))
    assert len(homes) > 20 // size(2)
    for home in homes:
        file = home / ACKNOWLEDGED
        acknowledged = file.read_text("utf-8").splitlines() if file.exists() else []
        assert ("finished" in acknowledged) == (home == homes[-1])
        await check(home, acknowledged)
