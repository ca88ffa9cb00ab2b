"""Windows shared by all replicas through Redis (or Valkey), by Redis' own clock.

A request is one atomic round trip. Each replica remembers Redis' last answer, so when Redis is away it goes on from
there and not from an empty window; and it tells Redis what it knows, so when Redis comes back (or has lost its data)
nobody gets a fresh minute.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.contract import WINDOW_SECONDS
from services.tasks import Tasks
from services.windows import window
from services.windows.in_process import InProcessWindows
from services.windows.metrics import FALLBACK_DECISIONS, REDIS_AWAY
from services.windows.window import Count, Window

logger = logging.getLogger("chatmount.windows")

DECISION_SECONDS = 0.05
PROBE_SECONDS = 1.0
SLOW_CALLS_IN_A_ROW = 3  # one slow call may be a hiccup of ours; several are Redis'
CONNECTIONS = 32
TURNS_OF_GRACE = 10  # of the loop, from the bytes of an answer to the one who waits for it
MANY = 2**31
KEY_PREFIX = "chatmount:window:"

# The same rule as window.hit, run where all replicas meet. ARGV: limit, 1 to count or 0 to look, window length,
# and the end and count of the window that the caller knows of (0 0: none). Returns {allowed, ends_at, used, now}.
SCRIPT = """
local limit, counting, length = tonumber(ARGV[1]), ARGV[2] == '1', tonumber(ARGV[3])
local known_end, known_used = tonumber(ARGV[4]), tonumber(ARGV[5])
local now = tonumber(redis.call('TIME')[1])
local kept = redis.call('HMGET', KEYS[1], 'end', 'used')
local ends, used = tonumber(kept[1] or '0'), tonumber(kept[2] or '0')
if ends <= now or ends > now + 2 * length then ends, used = 0, 0 end
local remembered = used
if known_end > now and known_end <= now + 2 * length then
  if ends == 0 then ends = math.min(known_end, now + length) end
  used = math.max(used, known_used)
end
if ends == 0 then ends = now + length end
local allowed = used < limit and 1 or 0
if counting then used = used + allowed end
if counting and used > remembered then
  redis.call('HSET', KEYS[1], 'end', ends, 'used', used)
  redis.call('EXPIREAT', KEYS[1], ends + 1)
end
return {allowed, ends, used, now}
"""


class RedisWindows:
    """Windows in the Redis at `url`; without an answer in 50 ms `fallback` decides."""

    def __init__(
        self,
        url: str,
        fallback: InProcessWindows,
        decision_seconds: float = DECISION_SECONDS,
        probe_seconds: float = PROBE_SECONDS,
    ) -> None:
        # A decision may be given longer than a probe needs; a connection that gave up before it would end it.
        patience = max(PROBE_SECONDS, decision_seconds)
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=patience,
            socket_timeout=patience,
            socket_connect_timeout=patience,
            retry=Retry(NoBackoff(), 0),  # a second try would count twice
        )
        self._redis: Redis = Redis.from_pool(pool)
        self._script: Any = self._redis.register_script(SCRIPT)
        self._fallback = fallback
        self._decision_seconds = decision_seconds
        self._probe_seconds = probe_seconds
        self._patience = patience
        self._slow_calls = 0
        self._tasks = Tasks()
        self.is_away = False
        """Whether this replica decides by itself at the moment."""

    async def hit(self, key: str, limit: int) -> Window:
        """See `Windows.hit`."""
        return await self._ask(key, limit, counting=True) or await self._fallback.hit(key, limit)

    async def peek(self, key: str, limit: int) -> Window:
        """See `Windows.peek`."""
        return await self._ask(key, limit, counting=False) or await self._fallback.peek(key, limit)

    async def connect(self) -> None:
        """Be ready for the first request, which has no time to wait for a connection."""
        try:
            await self._probe()
        except (RedisError, OSError) as error:
            self._leave(type(error).__name__)

    async def close(self) -> None:
        """See `Windows.close`."""
        await self._tasks.close()
        if self.is_away:
            self._return()
        await self._redis.aclose()
        await self._fallback.close()

    async def _ask(self, key: str, limit: int, *, counting: bool) -> Window | None:
        """What Redis says; None without an answer in time."""
        answer = None if self.is_away else await self._ask_redis(key, limit, counting=counting)
        if answer is None:
            FALLBACK_DECISIONS.inc()
        return answer

    async def _ask_redis(self, key: str, limit: int, *, counting: bool) -> Window | None:
        known = self._fallback.standing(key) or Count(0, 0)
        arguments = [limit, int(counting), WINDOW_SECONDS, known.ends_at, known.used]
        try:
            asked = self._script(keys=[KEY_PREFIX + key], args=arguments)
            allowed, ends_at, used, now = await _in_time(asked, self._decision_seconds)
        except TimeoutError:
            self._slow_calls += 1
            if self._slow_calls >= SLOW_CALLS_IN_A_ROW:
                self._leave(f"no answer within {self._decision_seconds * 1000:.0f} ms")
            return None
        except (RedisError, OSError) as error:
            self._leave(type(error).__name__)
            return None
        self._slow_calls = 0
        count = Count(int(ends_at), int(used))
        if used:
            self._fallback.learn(key, count)
        return window.describe(count, limit, float(now), allowed=bool(allowed))

    def _leave(self, why: str) -> None:
        if not self.is_away:
            logger.warning("Redis is away (%s): every replica counts by itself until it is back", why)
            self.is_away = True
            REDIS_AWAY.inc()
            self._tasks.start(self._wait_until_back(), "the probe of Redis")

    def _return(self) -> None:
        self._slow_calls = 0
        self.is_away = False
        REDIS_AWAY.dec()

    async def _wait_until_back(self) -> None:
        while True:
            await asyncio.sleep(self._probe_seconds)
            try:
                await self._probe()
            except (RedisError, OSError):
                continue
            logger.info("Redis is back: windows are shared again")
            self._return()
            return

    async def _probe(self) -> None:
        async with asyncio.timeout(self._patience):
            # The script and no PING: a Redis that answers but takes no writes is of no use.
            await self._script(keys=[KEY_PREFIX + "probe"], args=[MANY, 1, WINDOW_SECONDS, 0, 0])


async def _in_time(asked: Coroutine[Any, Any, Any], seconds: float) -> Any:
    """The answer. TimeoutError without one after `seconds`.

    What had arrived by then is looked at first: a loop that was late itself finds the timer over and the answer
    waiting, which is an answer in time.
    """
    task = asyncio.ensure_future(asked)
    try:
        await asyncio.wait({task}, timeout=seconds)
        for _ in range(TURNS_OF_GRACE):
            if task.done():
                break
            await asyncio.sleep(0)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        task.cancel()
