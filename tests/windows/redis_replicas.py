"""Replicas that share their windows through one Redis."""

from services.windows.in_process import InProcessWindows
from services.windows.redis import RedisWindows
from tests.redis_server import RedisServer
from tests.waiting import PATIENCE, until


def replica(server: RedisServer, decision_seconds: float = PATIENCE) -> RedisWindows:
    """A patient replica, so that a busy machine decides no test."""
    return RedisWindows(server.url, InProcessWindows(), decision_seconds, probe_seconds=0.05)


async def until_back(*replicas: RedisWindows) -> None:
    await until(lambda: not any(one.is_away for one in replicas))


async def warm(replicas: list[RedisWindows]) -> None:
    """Connects, so that the first decision of a test is not the one that pays for it."""
    for one in replicas:
        await one.peek("warm", 1)
    await until_back(*replicas)
