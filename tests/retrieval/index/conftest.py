"""An empty index of every implementation."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.retrieval.index.index import Index
from tests.retrieval.index.index_contract import (
    EMBEDDER,
    ENGINES,
    opened_index,
)


@pytest.fixture(params=ENGINES)
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Index]:
    async with opened_index(request.param, tmp_path, EMBEDDER) as opened:
        yield opened


@pytest.fixture(params=ENGINES)
async def wordless(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Index]:
    """An index without vectors."""
    async with opened_index(request.param, tmp_path, None) as opened:
        yield opened
