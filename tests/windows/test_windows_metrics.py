"""What the windows tell operators of a Redis that is away."""

from services.windows.in_process import InProcessWindows
from services.windows.redis import RedisWindows
from tests.metered import since_now
from tests.redis_server import RedisServer
from tests.windows.redis_replicas import replica, until_back

AWAY = "chatmount_redis_away"


async def test_the_gauge_is_up_while_redis_is_away_and_every_decision_without_it_is_counted(
    redis_server: RedisServer,
) -> None:
    away, alone = since_now(AWAY), since_now("chatmount_window_fallback_decisions_total")
    windows = replica(redis_server)
    await windows.hit("k", 60)
    assert (away(), alone()) == (0, 0)
    redis_server.stop()
    for _ in range(3):
        await windows.hit("k", 60)
    assert (away(), alone()) == (1, 3)
    redis_server.start()
    await until_back(windows)
    await windows.hit("k", 60)
    assert (away(), alone()) == (0, 3)
    await windows.close()


async def test_who_is_closed_while_redis_is_away_leaves_the_gauge_as_it_was() -> None:
    away = since_now(AWAY)
    windows = RedisWindows("unix:///nowhere/redis.sock", InProcessWindows())
    await windows.hit("k", 60)
    assert away() == 1
    await windows.close()
    assert away() == 0
