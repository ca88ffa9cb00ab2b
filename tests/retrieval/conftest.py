"""Retrieval with its real parts; only the embedding model is a small one made for tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from qdrant_client import AsyncQdrantClient

from services.database import Database
from services.database.migrations import migrate
from services.retrieval.index.schema import Fingerprint
from services.retrieval.index.server.server import ServerIndex
from services.retrieval.store.stores import Stores
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.lasting_zygote import lasting_zygote
from tests.retrieval.qdrant_stand_in import stand_in
from tests.retrieval.replicas import Replicas
from tests.retrieval.retrieval_harness import Retrieval, serving
from tests.retrieval.word_embedder import WordEmbedder


@pytest.fixture(scope="session", autouse=True)
def zygote() -> Iterator[None]:
    with lasting_zygote():
        yield


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
async def retrieval(tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder) -> AsyncIterator[Retrieval]:
    """A server on the embedded index and SQLite."""
    async with serving(tmp_path, signer, embedder) as running:
        yield running


@pytest.fixture
def tables_of() -> str:
    return "retrieval"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with Retrieval's tables, once of each kind."""
    opened = Database(database_url, "retrieval", seconds=30.0)  # not how fast a busy machine is, is tested
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores(database)


@pytest.fixture
async def index() -> AsyncIterator[ServerIndex]:
    """A Qdrant server's index in the client's local mode, filled by a `WordEmbedder`."""
    opened = await ServerIndex.open(AsyncQdrantClient(":memory:"), Fingerprint.of(WordEmbedder()))
    yield opened
    await opened.close()


@pytest.fixture
async def replicas(tmp_path: Path, signer: TokenSigner, postgres_url: str) -> AsyncIterator[Replicas]:
    """Services to be started on one Postgres and one Qdrant."""
    async with stand_in() as qdrant:
        yield Replicas(tmp_path, signer, postgres_url, qdrant)
