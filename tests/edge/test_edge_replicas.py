"""Two replicas of Chat behind one Envoy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.edge_stack import Address, Edge, Stubs, running_edge, wait_until


@pytest.fixture
def replicas(tmp_path: Path) -> Iterator[list[Stubs]]:
    started = [Stubs(tmp_path / f"chat-{number}.jsonl", ("chat",)).start() for number in (1, 2)]
    yield started
    for stub in started:
        stub.kill()


@pytest.fixture
def edge(tmp_path: Path, stubs: Stubs, replicas: list[Stubs]) -> Iterator[Edge]:
    addresses = [Address("127.0.0.1", stub.ports["chat"]) for stub in replicas]
    with running_edge(tmp_path, stubs, chat=addresses) as running:
        yield running


def test_a_replica_that_dies_costs_no_new_request(edge: Edge, replicas: list[Stubs]) -> None:
    for _ in range(20):
        assert edge.ask({"message": "hi"}).status == 200
    assert all(stub.calls("chat") for stub in replicas), "both have work"

    replicas[0].kill()
    for stream in (False, True) * 15:
        assert edge.ask({"message": "hi", "stream": stream}).status == 200

    calls = len(replicas[0].calls("chat"))
    replicas[0].start()

    def has_work() -> bool:
        assert edge.ask({"message": "hi"}).status == 200
        return len(replicas[0].calls("chat")) > calls

    wait_until(has_work, "the replica that came back has work again", 8)
