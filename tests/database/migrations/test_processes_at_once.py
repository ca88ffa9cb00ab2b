"""Several processes that find an empty database at the same moment."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from services.database.migrations import current_revision, head_revision

from .seeds import SERVICES, fill, opened

PROCESSES = 6


@pytest.fixture(params=["sqlite", "postgres"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """One for each service: files, or one database."""
    if request.param == "sqlite":
        return [f"sqlite+aiosqlite:///{tmp_path / service}.db" for service in SERVICES]
    return [str(request.getfixturevalue("postgres_url"))] * len(SERVICES)


async def test_processes_that_start_at_once_on_an_empty_database_do_not_race(urls: list[str]) -> None:
    command = [sys.executable, "-m", "tests.database.migrations.migrating_children", str(PROCESSES), *urls]
    ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=200)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "", 0)
    for service, url in zip(SERVICES, urls, strict=True):
        async with opened(url, service) as database:
            assert await current_revision(database) == head_revision(service)
            await fill(database, head_revision(service))
