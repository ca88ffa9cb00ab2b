"""`python -m tests.retrieval.crashing_child HOME`: changes of sources that are killed.

Each works in HOME/STEP and is killed at the STEP-th write. Writes are those of the index and of the store, together.
Each child leaves a line in HOME/STEP/acknowledged for every change that was acknowledged. They are forks of one
process, which spares each the imports.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from services.clock import system_clock
from services.database import Database
from services.database.migrations import migrate
from services.retrieval.embedders.embedders import Embedders
from services.retrieval.index.bm25 import Bm25Encoder
from services.retrieval.index.edge.edge import EdgeIndex
from services.retrieval.index.indexer import EditionIndexer
from services.retrieval.index.schema import Fingerprint
from services.retrieval.ingest.extraction.by_kind import read
from services.retrieval.ingest.ingest import Document, Ingest
from services.retrieval.ingest.reader.reader import Reader
from services.retrieval.ingest.source_header import SourceHeader
from services.retrieval.ingest.sources import Sources
from services.retrieval.store.stores import Stores
from services.retrieval.text.passages import Reading
from services.retrieval.upkeep.keeper import Keeper
from services.tasks import Tasks
from tests.retrieval.word_embedder import WordEmbedder

BOT = "bot_a"
ACKNOWLEDGED = "acknowledged"
FIRST, SECOND = "The first text about parking.", "The second text about parking."


class Mortal:
    """Passes calls on, and kills the process before the one of its number."""

    def __init__(self, inner: Any, names: tuple[str, ...], is_last: Callable[[], bool]) -> None:
        self._inner = inner
        self._names = names
        self._is_last = is_last

    def __getattr__(self, name: str) -> Any:
        if name in self._names and self._is_last():
            os.kill(os.getpid(), signal.SIGKILL)
        return getattr(self._inner, name)


class ReaderHere(Reader):
    """Reads in this process, which dies dozens of times: each would start one to read in."""

    async def read(self, content: bytes, kind: str, media_type: str, account: str) -> Reading:
        return read(content, kind, media_type)


async def change(home: Path, step: int) -> None:
    """Adds, replaces, disables, replaces and removes, saying after each what is acknowledged."""
    calls = count(1)

    def is_last() -> bool:
        return next(calls) == step

    embedder = WordEmbedder()
    database = Database(f"sqlite+aiosqlite:///{home / 'retrieval.db'}", "retrieval")
    await migrate(database)
    edge = await EdgeIndex.open(home / "index", Fingerprint.of(embedder))
    index: Any = Mortal(edge, ("add_passages", "set_enabled", "remove", "flush"), is_last)
    stores: Any = Stores(database)
    stores.sources = Mortal(stores.sources, ("put", "set_enabled", "remove"), is_last)
    stores.unsettled = Mortal(stores.unsettled, ("note", "settle", "remove_all"), is_last)
    indexer = EditionIndexer(index, Bm25Encoder(), Embedders(embedder), stores.languages)
    keeper = Keeper(index, indexer, stores, system_clock, shared=False)
    ingest = Ingest(stores, indexer, keeper, ReaderHere(), Tasks(), system_clock, 10_000)
    sources = Sources(stores, keeper, Tasks(), system_clock)

    def acknowledge(line: str) -> None:
        with (home / ACKNOWLEDGED).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    async def add(name: str, text: str) -> str:
        header = SourceHeader.checked(name, "", "", "")
        source, _ = await ingest.add(Document("acct_1", BOT, header, text.encode()))
        acknowledge(f"added|{name}|{text}")
        return source.id

    await add("kept.txt", FIRST)
    await add("kept.txt", SECOND)
    gone = await add("gone.txt", FIRST)
    await sources.set_enabled(BOT, gone, False)
    acknowledge("disabled|gone.txt")
    await add("gone.txt", SECOND)
    await sources.remove(BOT, gone)
    acknowledge("removed|gone.txt")
    await add("last.txt", FIRST)
    acknowledge("finished")
    await edge.close()
    await database.close()


def main(home: Path, every: int) -> None:
    """One fork after the other, until one gets through."""
    for step in count(1, every):
        own = home / str(step)
        own.mkdir()
        child = os.fork()
        if child == 0:
            asyncio.run(change(own, step))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
