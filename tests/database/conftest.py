from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ready_tables import SQLITE

from .link import Link, linked


@pytest.fixture
async def link(postgres_url: str) -> AsyncIterator[Link]:
    async with linked(postgres_url) as link:
        yield link


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"{SQLITE}{tmp_path / 'service.db'}"
