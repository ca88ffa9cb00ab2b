"""The same client for answers that are streamed."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from urllib.parse import urlsplit

from bench.load import percentile


@dataclass
class Streams:
    """What a run saw, in seconds. `first`: until each stream's first text; `text`: from there to its end."""

    first: list[float] = field(default_factory=list)
    text: list[float] = field(default_factory=list)
    whole: int = 0
    broken: int = 0
    left: int = 0

    def percentile_ms(self, share: float) -> float:
        return percentile(self.first, share) * 1000


async def read_streams(
    url: str,
    request: bytes | Sequence[bytes],
    streams: int,
    at_once: int,
    *,
    text: bytes,
    end: bytes,
    leave_within: float | None = None,
    open_within: float = 0.0,
) -> Streams:
    """Read `streams` answers, `at_once` open. `text` marks text, `end` a whole answer.

    `request`: of each, or of one after the other. `leave_within`: each client leaves at some moment within so many
    seconds. `open_within`: the first ones are opened one after the other in so many seconds.
    """
    seen = Streams()
    target = urlsplit(url)
    requests = [request] if isinstance(request, bytes) else request
    waiting = islice(cycle(requests), streams)

    async def one(request: bytes) -> None:
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection(target.hostname, target.port)
        try:
            writer.write(request)
            received, first = await reader.readline(), None
            if b" 200 " not in received:
                # The connection of such a reply stays open: its end is not to be waited for.
                seen.broken += 1
                return
            while part := await reader.read(65536):
                received += part
                if first is None and text in received:
                    first = time.perf_counter() - began
                    seen.first.append(first)
                if end in received:
                    seen.whole += 1
                    seen.text.append(time.perf_counter() - began - (first or 0.0))
                    return
                received = received[-256:]
            seen.broken += 1
        finally:
            writer.transport.abort()

    async def reader(number: int) -> None:
        await asyncio.sleep(open_within * number / at_once)
        for request in waiting:
            try:
                async with asyncio.timeout(None if leave_within is None else random.uniform(0, leave_within)):
                    await one(request)
            except TimeoutError:
                seen.left += 1
            except OSError:
                seen.broken += 1

    await asyncio.gather(*map(reader, range(at_once)))
    return seen
