"""One Envoy for all tests that leave it and its services as they were."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.edge_stack import Edge, Stubs, running_edge

ALL = ("auth", "quota", "retrieval", "chat")


@pytest.fixture(scope="session")
def edge_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("edge")


@pytest.fixture(scope="session")
def stubs(edge_directory: Path) -> Iterator[Stubs]:
    started = Stubs(edge_directory / "calls.jsonl", ALL).start()
    yield started
    started.kill()


@pytest.fixture(scope="session")
def edge(edge_directory: Path, stubs: Stubs) -> Iterator[Edge]:
    with running_edge(edge_directory, stubs) as running:
        yield running
