"""A clock that the test turns, and a real Redis that can be stopped, paused and started."""

from collections.abc import Iterator

import pytest

from tests.redis_server import RedisServer
from tests.turned_clock import TurnedClock


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(1_000_000.25)


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server
