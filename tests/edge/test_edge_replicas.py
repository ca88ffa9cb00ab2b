"""Two replicas of a service behind one Envoy: one dies, comes back, or is busy."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc
import pytest

from tests.edge.edge_load import CALLERS, under_load
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import UNAVAILABLE, Address, Edge, running_edge
from tests.waiting import PATIENCE, eventually

ROOM = 4
HELD = 40


@contextmanager
def two_replicas(directory: Path, stubs: Stubs, service: str) -> Iterator[tuple[Edge, list[Stubs]]]:
    replicas = [Stubs(directory / f"{service}-{number}.jsonl", (service,)).start() for number in (1, 2)]
    addresses = [Address("127.0.0.1", stub.ports[service]) for stub in replicas]
    try:
        with running_edge(directory, stubs, **{service: addresses}) as edge:
            yield edge, replicas
    finally:
        for stub in replicas:
            stub.close()


@pytest.mark.parametrize("service", ["auth", "quota", "chat"])
def test_a_replica_that_is_killed_under_load_fails_only_what_it_was_working_on(
    tmp_path: Path, stubs: Stubs, service: str
) -> None:
    with two_replicas(tmp_path, stubs, service) as (edge, replicas):
        with under_load(edge) as load:
            eventually(lambda: all(len(stub.calls(service)) > 20 for stub in replicas), what="both have work")
            assert load.failed == []
            before = len(load.seen)
            replicas[0].kill()
            eventually(lambda: len(load.seen) > before + 200, what="more is asked")
        failed = load.failed
        assert len(failed) <= CALLERS
        assert {one.status for one in load.seen[-100:]} == {200}, failed
        assert {one.status for one in failed} <= {0, 503}

        calls = len(replicas[0].calls(service))
        with under_load(edge) as load:
            replicas[0].start()
            eventually(lambda: len(replicas[0].calls(service)) > calls + 5, what="it has work again")
        assert load.failed == []


def test_replicas_are_given_about_the_same_work(tmp_path: Path, stubs: Stubs) -> None:
    # None of it ends, so that it does not matter how fast they are.
    with two_replicas(tmp_path, stubs, "chat") as (edge, replicas), ExitStack() as clients:

        def calls() -> list[int]:
            return [len(stub.calls("chat")) for stub in replicas]

        eventually(lambda: edge.ask({"message": "hi"}).status == 200 and all(calls()), what="both have work")
        before = calls()
        for count in range(1, HELD + 1):
            clients.enter_context(edge.asked({"message": "hang"}))
            eventually(lambda count=count: sum(calls()) == sum(before) + count, what="it has arrived")  # type: ignore[misc]
        first, second = (now - then for now, then in zip(calls(), before, strict=True))
    # Envoy looks at two at random, which may be the same: one in a million times the difference is larger.
    assert abs(first - second) <= 12, (first, second)


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory, stubs: Stubs) -> Iterator[Edge]:
    """An edge that lets few requests in to any service at once."""
    with running_edge(
        tmp_path_factory.mktemp("narrow"),
        stubs,
        requests_per_service=ROOM,
        checks_per_service=ROOM,
    ) as edge:
        yield edge


@contextmanager
def held_up(edge: Edge, service: str, key: str, message: str) -> Iterator[None]:
    """Requests that take up all room hang during the block; then their clients leave."""
    calls = len(edge.stubs.calls(service))
    with ExitStack() as clients:
        for _ in range(ROOM):
            clients.enter_context(edge.asked({"message": message}, key))
        eventually(lambda: len(edge.stubs.calls(service)) >= calls + ROOM, what="there is no room left")
        yield


@pytest.mark.parametrize(
    ("service", "key", "message"),
    [("chat", "good", "hang"), ("auth", "auth-hangs", "hi"), ("quota", "quota-hangs", "hi")],
)
def test_when_a_service_has_no_room_the_next_is_refused_at_once_and_told_when_to_come_again(
    narrow: Edge, service: str, key: str, message: str
) -> None:
    eventually(lambda: narrow.ask({"message": "hi"}).status == 200, what="there is room")
    with held_up(narrow, service, key, message):
        for stream in (False, True):
            began = time.monotonic()
            reply = narrow.ask({"message": "hi", "stream": stream})
            # Who waits for a check waits for PATIENCE.
            assert time.monotonic() - began < PATIENCE / 2
            assert reply.error(503) == UNAVAILABLE
            assert int(reply.one("retry-after")) > 0
            assert reply.window()[0] == 60
        error = narrow.grpc_error()
        assert (error.code(), error.details()) == (grpc.StatusCode.UNAVAILABLE, UNAVAILABLE)


def test_a_check_is_waited_for_as_long_as_is_said(tmp_path: Path, stubs: Stubs) -> None:
    with running_edge(tmp_path, stubs, check_timeout_seconds=0.8) as edge:
        for key in ("auth-hangs", "quota-hangs"):
            began = time.monotonic()
            edge.ask({"message": "hi"}, key=key).error(503)
            assert 0.75 < time.monotonic() - began < PATIENCE / 2
