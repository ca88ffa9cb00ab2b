"""A clock that the test turns, and a real Redis that can be stopped, paused and started again."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.redis_server import RedisServer


@dataclass
class TurnedClock:
    """A clock that stands still until it is set."""

    now: float = 1_000_000.25

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server
