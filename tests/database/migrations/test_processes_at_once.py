"""Several processes that find an empty database at the same moment."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
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


@pytest.fixture
def children(urls: list[str]) -> Iterator[list[subprocess.Popen[str]]]:
    with ExitStack() as stack:
        command = [sys.executable, "-m", "tests.database.migrations.migrating_child", *urls]
        children = []
        for _ in range(PROCESSES):
            child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            stack.enter_context(child)
            stack.callback(child.kill)
            children.append(child)
        yield children


async def test_processes_that_start_at_once_on_an_empty_database_do_not_race(
    urls: list[str], children: list[subprocess.Popen[str]]
) -> None:
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    endings = [(*child.communicate(timeout=60), child.returncode) for child in children]
    assert endings == [("", "", 0)] * PROCESSES
    for service, url in zip(SERVICES, urls, strict=True):
        async with opened(url, service) as database:
            assert await current_revision(database) == head_revision(service)
            await fill(database, head_revision(service))
