"""Which windows a URL chooses."""

from hashlib import sha1

import redis

from services.windows.choose import open_windows
from services.windows.in_process import InProcessWindows
from services.windows.redis import SCRIPT, RedisWindows
from tests.redis_server import RedisServer


async def test_a_url_decides_which_windows_are_used(redis_server: RedisServer) -> None:
    with redis.Redis.from_url(redis_server.url) as other:
        other.script_flush()
        shared, own = await open_windows(redis_server.url), await open_windows("")
        # The first request need not wait for it.
        assert other.script_exists(sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()) == [True]
    assert isinstance(shared, RedisWindows)
    assert isinstance(own, InProcessWindows)
    await shared.hit("k", 1)
    await shared.close()
    await own.close()
