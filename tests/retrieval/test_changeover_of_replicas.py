"""Another model where replicas share a Qdrant server, until the last one follows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.retrieval.embedders.embedder import Embedder
from services.retrieval.index.schema import Fingerprint
from services.retrieval.index.server.collection import collection_name
from services.retrieval.upkeep import changeover
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.changed_model import OTHER, other_embedder
from tests.retrieval.qdrant_stand_in import QdrantStandIn, stand_in
from tests.retrieval.retrieval_harness import Retrieval, serving
from tests.retrieval.word_embedder import WordEmbedder
from tests.waiting import until

BOT = "bot_a"
OLD = Fingerprint.of(WordEmbedder())


def collections(qdrant: QdrantStandIn) -> set[str]:
    return {one.name for one in qdrant.client.get_collections().collections}


def served(qdrant: QdrantStandIn) -> set[str]:
    return {one.collection_name for one in qdrant.client.get_aliases().aliases}


@pytest.fixture
async def qdrant() -> AsyncIterator[QdrantStandIn]:
    async with stand_in() as running:
        yield running


async def test_replicas_of_before_and_after_serve_and_follow_each_other(
    tmp_path: Path, signer: TokenSigner, postgres_url: str, qdrant: QdrantStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def replica(embedder: Embedder) -> AsyncIterator[Retrieval]:
        stores = {"CHATMOUNT_DATABASE_URL": postgres_url, "CHATMOUNT_QDRANT_URL": qdrant.url}
        patience = {"CHATMOUNT_DATABASE_TIMEOUT_MS": "20000", "CHATMOUNT_QDRANT_TIMEOUT_MS": "20000"}
        async with serving(tmp_path, signer, embedder, **stores, **patience) as running:
            yield running

    looks = asyncio.Semaphore(0)

    async def sleep(seconds: float) -> None:
        assert seconds * changeover.LOOKS_AGAIN == changeover.RETIRED_SECONDS
        await looks.acquire()

    monkeypatch.setattr(changeover, "sleep", sleep)
    async with replica(WordEmbedder()) as before:
        await before.add(BOT, "Parking is free.", "1.txt")
        async with replica(other_embedder()) as after:
            await until(lambda: served(qdrant) == {collection_name(OTHER)})
            assert await after.texts(BOT, "parking") == ["Parking is free."]
            # An update has not reached this one yet.
            await before.add(BOT, "Parking is dear.", "2.txt")
            assert len(await before.texts(BOT, "parking")) == 2
            looks.release()
            looks.release()

            async def both_are_found() -> bool:
                return len(await after.texts(BOT, "parking")) == 2

            await until(both_are_found)
            assert collection_name(OLD) in collections(qdrant)
            # That is, when both have looked often enough.
            for _ in range(2 * changeover.LOOKS_AGAIN):
                looks.release()
            await until(lambda: collections(qdrant) == {collection_name(OTHER)})
            assert len(await after.texts(BOT, "parking")) == 2
