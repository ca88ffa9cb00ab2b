"""Windows shared through a real Redis, which goes away and comes back."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import pytest

from services.windows import redis as module
from services.windows.redis import DECISION_SECONDS, KEY_PREFIX, RedisWindows
from services.windows.window import Window
from tests.promptness import was_once_within
from tests.redis_server import RedisServer
from tests.waiting import PATIENCE
from tests.windows.redis_replicas import replica, until_back, warm


@pytest.fixture
async def replicas(redis_server: RedisServer) -> AsyncIterator[list[RedisWindows]]:
    opened = [replica(redis_server) for _ in range(3)]
    yield opened
    for one in opened:
        await one.close()


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.levelname for record in caplog.records if record.name == "chatmount.windows"]


async def test_exactly_the_limit_is_accepted_over_all_replicas(replicas: list[RedisWindows]) -> None:
    await warm(replicas)
    told: list[Window] = []
    for _ in range(10):
        told += await asyncio.gather(*(one.hit("k", 60) for one in replicas for _ in range(4)))
    assert not any(one.is_away for one in replicas)
    assert sum(one.allowed for one in told) == 60
    assert len({one.reset_at for one in told}) == 1
    now = time.time()
    assert now < told[0].reset_at <= now + 60
    assert sorted((one.remaining for one in told if one.allowed), reverse=True) == list(range(59, -1, -1))


async def test_a_look_counts_nothing(replicas: list[RedisWindows]) -> None:
    await warm(replicas)
    assert (await replicas[0].peek("k", 3)).remaining == 3
    await replicas[0].hit("k", 3)
    assert (await replicas[1].peek("k", 3)).remaining == 2
    assert (await replicas[1].peek("k", 1)).allowed is False
    assert await replicas[0].hit("k", 0) == Window(False, 0, 0, (await replicas[0].peek("k", 3)).reset_at)


async def test_a_window_leaves_redis_when_it_is_over(replicas: list[RedisWindows], redis_server: RedisServer) -> None:
    await warm(replicas)
    await replicas[0].hit("k", 3)
    client = replicas[0]._redis
    assert 0 < await client.ttl(KEY_PREFIX + "k") <= 61
    await client.hset(KEY_PREFIX + "k", mapping={"end": int(time.time()) - 1, "used": 3})
    await replicas[0].close()
    fresh = replica(redis_server)
    assert (await fresh.hit("k", 3)).remaining == 2
    await fresh.close()


async def test_without_redis_each_replica_goes_on_from_what_it_last_knew(
    replicas: list[RedisWindows], redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    await warm(replicas)
    for _ in range(5):
        await replicas[0].hit("k", 7)
    redis_server.stop()
    with caplog.at_level(logging.INFO, "chatmount.windows"):
        told = [await replicas[0].hit("k", 7) for _ in range(10)]
        assert [one.allowed for one in told] == [True] * 2 + [False] * 8
        assert [one.remaining for one in told[:2]] == [1, 0]
        assert said(caplog) == ["WARNING"], "it is said once"
        redis_server.start()
        await until_back(replicas[0])
        assert said(caplog) == ["WARNING", "INFO"]
    # Redis has lost everything, but the replica has not: nobody gets a fresh minute.
    assert not (await replicas[0].hit("k", 7)).allowed
    await replicas[0].hit("k", 8)
    assert (await replicas[1].hit("k", 9)).remaining == 0


async def test_a_flushed_redis_hands_out_no_fresh_minute(
    replicas: list[RedisWindows], redis_server: RedisServer
) -> None:
    await warm(replicas)
    for _ in range(3):
        first = await replicas[0].hit("k", 3)
    redis_server.flush()
    again = await replicas[0].hit("k", 3)
    assert (again.allowed, again.reset_at) == (False, first.reset_at)


async def test_what_one_replica_knows_of_a_flushed_window_all_know_after_its_next_request(
    replicas: list[RedisWindows], redis_server: RedisServer
) -> None:
    await warm(replicas)
    knowing, ignorant = replicas[:2]
    for _ in range(5):
        first = await knowing.hit("k", 5)
    redis_server.flush()
    assert not (await knowing.hit("k", 5)).allowed
    told = await ignorant.hit("k", 5)
    assert (told.allowed, told.reset_at) == (False, first.reset_at)


async def test_a_redis_that_hangs_delays_no_decision_for_long(redis_server: RedisServer) -> None:
    one = replica(redis_server, DECISION_SECONDS)
    await warm([one])
    for _ in range(3):
        await one.hit("k", 1000)
    redis_server.pause()
    try:

        async def seconds_to_decide() -> float:
            begun = time.monotonic()
            assert (await one.hit("k", 1000)).allowed
            return time.monotonic() - begun

        for _ in range(20):
            assert await seconds_to_decide() < PATIENCE / 2  # 50 ms, and room for a busy machine
        assert one.is_away, "after a few slow calls no further call waits at all"
        await was_once_within(0.05, seconds_to_decide)
    finally:
        redis_server.go_on()
    await until_back(one)
    # What was counted meanwhile here is counted in Redis too, from the next request on.
    assert (await one.hit("k", 1000)).remaining <= 1000 - 24
    await one.close()


async def test_a_decision_that_may_take_long_waits_longer_than_a_probe(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROBE_SECONDS", 0.05)
    one, other = replica(redis_server), replica(redis_server)
    await warm([one, other])
    await other.hit("k", 9)
    redis_server.pause()
    asking = asyncio.create_task(one.hit("k", 9))
    await asyncio.sleep(0.3)
    redis_server.go_on()
    assert (await asking).remaining == 7
    assert not one.is_away
    await one.close()
    await other.close()


async def test_a_redis_that_takes_no_writes_is_away_until_it_takes_them(
    replicas: list[RedisWindows], redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    await warm(replicas)
    await replicas[0].hit("k", 9)
    redis_server.set_read_only(True)
    assert (await replicas[0].hit("k", 9)).remaining == 7
    await asyncio.sleep(0.3)  # several probes
    assert replicas[0].is_away
    assert said(caplog) == ["WARNING"]
    redis_server.set_read_only(False)
    await until_back(replicas[0])
    assert (await replicas[0].hit("k", 9)).remaining == 6


async def test_a_redis_that_was_never_there_is_found_when_it_comes(redis_server: RedisServer) -> None:
    redis_server.stop()
    one = replica(redis_server)
    await one.connect()
    assert one.is_away
    assert (await one.hit("k", 2)).remaining == 1
    redis_server.start()
    await until_back(one)
    assert (await one.hit("k", 2)).remaining == 0
    assert not (await one.hit("k", 2)).allowed
    await one.close()


async def test_closing_while_redis_is_away_leaves_nothing_behind(redis_server: RedisServer) -> None:
    redis_server.stop()
    one = replica(redis_server)
    await one.hit("k", 2)
    assert one.is_away
    before = asyncio.all_tasks()
    await one.close()
    assert len(asyncio.all_tasks()) < len(before)
