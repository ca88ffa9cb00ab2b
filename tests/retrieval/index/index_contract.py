"""Every implementation of the Index interface, opened, filled and asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from services.ids import new_id
from services.retrieval.index.bm25 import Bm25Encoder
from services.retrieval.index.edge.edge import EdgeIndex
from services.retrieval.index.index import Candidates, Index, PassageEntry, Query
from services.retrieval.index.schema import Fingerprint
from services.retrieval.index.server.client import open_client
from services.retrieval.index.server.server import ServerIndex
from tests.retrieval.qdrant_grpc_stand_in import both_halves
from tests.retrieval.word_embedder import WordEmbedder

ENGINES = ["edge", "server-rest", "server-grpc"]
EMBEDDER = WordEmbedder()
ENCODER = Bm25Encoder()


@asynccontextmanager
async def opened_index(kind: str, folder: Path, embedder: WordEmbedder | None) -> AsyncIterator[Index]:
    if kind == "edge":
        index: Index = await EdgeIndex.open(folder / "index", Fingerprint.of(embedder))
        yield index
        await index.close()
        return
    async with both_halves() as (server, grpc_port):
        client = open_client(server.url, "", grpc_port if kind == "server-grpc" else 0, 30)
        index = await ServerIndex.open(client, Fingerprint.of(embedder), search_seconds=30)
        yield index
        await index.close()


async def entry(text: str, *, vectors: bool = True) -> PassageEntry:
    words = ENCODER.document(text)
    if not vectors:
        return PassageEntry(new_id("psg"), words, None, None)
    sentences = [sentence for sentence in text.split(". ") if sentence]
    vector = await EMBEDDER.embed_query(text)
    return PassageEntry(new_id("psg"), words, vector, await EMBEDDER.embed_passages(sentences))


async def query(text: str, *, vectors: bool = True) -> Query:
    return Query(ENCODER.query(text), await EMBEDDER.embed_query(text) if vectors else None)


async def add(index: Index, bot: str, version: str, *texts: str) -> list[str]:
    entries = [await entry(text) for text in texts]
    await index.add_passages(bot, version, entries)
    return [one.id for one in entries]


async def found(index: Index, bot: str, text: str) -> set[str]:
    return set((await index.candidates(bot, [await query(text)], 10)).ids)


def lexical(candidates: Candidates) -> dict[str, float]:
    return dict(zip(candidates.ids, candidates.signals[0].lexical.tolist(), strict=True))
