"""Retrieval with its real parts; only the embedding model is a small one made for tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.database import Database
from services.database.migrations import migrate
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.retrieval_harness import Retrieval, serving
from tests.retrieval.word_embedder import WordEmbedder


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
