"""One Envoy for all tests that leave it and its services as they were."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import Edge, running_edge

ALL = ("auth", "quota", "retrieval", "chat", "web")


@pytest.fixture(scope="session")
def edge_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("edge")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For an Envoy of a module's own."""
    return tmp_path_factory.mktemp("edge")


@pytest.fixture(scope="session")
def stubs(edge_directory: Path) -> Iterator[Stubs]:
    started = Stubs(edge_directory / "calls.jsonl", ALL).start()
    yield started
    started.close()


@pytest.fixture(scope="session")
def usual_edge(edge_directory: Path, stubs: Stubs) -> Iterator[Edge]:
    with running_edge(edge_directory, stubs) as running:
        yield running


@pytest.fixture(scope="session")
def edge(usual_edge: Edge) -> Edge:
    return usual_edge


@pytest.fixture(scope="session", params=["envoy-asks-quota", "auth-asks-quota"])
def either_edge(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, stubs: Stubs
) -> Iterator[Edge]:
    """One after the other, for tests of the minute limit."""
    if request.param == "envoy-asks-quota":
        yield request.getfixturevalue("usual_edge")
        return
    with running_edge(tmp_path_factory.mktemp("auth-asks"), stubs, auth_asks_quota=True) as running:
        yield running


@pytest.fixture(params=["plain", "tls"])
def channel(request: pytest.FixtureRequest, edge: Edge) -> Iterator[grpc.Channel]:
    if request.param == "plain":
        opened = grpc.insecure_channel(f"127.0.0.1:{edge.http_port}")
    else:
        credentials = grpc.ssl_channel_credentials(edge.certificate.read_bytes())
        opened = grpc.secure_channel(f"localhost:{edge.https_port}", credentials)
    with opened:
        yield opened
