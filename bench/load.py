"""A lean HTTP/1.1 client: callers who ask again when answered, and arrivals at a rate."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat
from urllib.parse import urlsplit

import uvloop

CONNECTIONS = 2000
"""Open at once in an open loop: as many clients as Envoy certainly takes."""


@dataclass
class Load:
    """What one run saw. Times in seconds, `latencies` of the replies that were expected."""

    expected: int
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    replies: Counter[int] = field(default_factory=Counter)
    """By status; 0 for a connection that broke."""
    unwaited: int = 0
    """Refusals for overload without a Retry-After."""

    @property
    def requests(self) -> int:
        return self.replies.total()

    @property
    def unexpected(self) -> int:
        return self.requests - self.replies[self.expected]

    @property
    def per_second(self) -> float:
        return self.replies[self.expected] / self.seconds

    def percentile_ms(self, share: float) -> float:
        return percentile(self.latencies, share) * 1000

    def count(self, status: int, asked: float, head: bytes) -> None:
        self.replies[status] += 1
        if status == self.expected:
            self.latencies.append(time.perf_counter() - asked)
        elif status == 503 and b"retry-after: " not in head.lower():
            self.unwaited += 1


def percentile(values: list[float], share: float) -> float:
    """The value that this share of the values does not exceed; 0 without values."""
    ordered = sorted(values) or [0.0]
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def post(path: str, body: bytes, key: str) -> bytes:
    """The bytes of one request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str) -> bytes:
    """The bytes of one request."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


def run_load(base_url: str, request: bytes | Iterator[bytes], status: int, connections: int, seconds: float) -> Load:
    """Closed loop: each connection sends `request`, or the next one, once and then when its last was answered.

    `status`: of the replies that are expected.
    """
    return uvloop.run(_run_load(base_url, request, status, connections, seconds))


def run_arrivals(
    base_url: str, request: bytes | Iterator[bytes], rate: float, seconds: float, warm: float = 0.0
) -> Load:
    """Open loop: `rate` requests a second arrive by chance, however many are still waiting.

    Replies to those of the first `warm` seconds are not counted.
    """
    return uvloop.run(_run_arrivals(base_url, request, rate, seconds, warm))


async def _run_load(
    base_url: str, request: bytes | Iterator[bytes], status: int, connections: int, seconds: float
) -> Load:
    url = urlsplit(base_url)
    requests = repeat(request) if isinstance(request, bytes) else request
    load = Load(status)
    began = time.perf_counter()
    end = began + seconds

    async def ask_again_and_again() -> None:
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        while True:
            asked = time.perf_counter()
            writer.write(next(requests))
            load.count(*await _read_reply(reader, asked))
            if time.perf_counter() >= end:
                break
        writer.close()

    await asyncio.gather(*(ask_again_and_again() for _ in range(connections)))
    load.seconds = time.perf_counter() - began
    return load


async def _run_arrivals(
    base_url: str, request: bytes | Iterator[bytes], rate: float, seconds: float, warm: float
) -> Load:
    url = urlsplit(base_url)
    requests = repeat(request) if isinstance(request, bytes) else request
    load, ignored, chance = Load(200), Load(200), random.Random(1)
    free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    asking: set[asyncio.Task[None]] = set()

    async def ask(into: Load, asked: float) -> None:
        try:
            reader, writer = free.pop() if free else await asyncio.open_connection(url.hostname, url.port)
            writer.write(next(requests))
            into.count(*await _read_reply(reader, asked))
            free.append((reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            into.count(0, asked, b"")

    began = due = time.perf_counter()
    while (due := due + chance.expovariate(rate)) < began + warm + seconds:
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        into = load if due >= began + warm else ignored
        if len(asking) >= CONNECTIONS:
            into.count(0, due, b"")
            continue
        task = asyncio.create_task(ask(into, due))
        asking.add(task)
        task.add_done_callback(asking.discard)
    load.seconds = seconds
    await asyncio.gather(*asking)
    for _, writer in free:
        writer.close()
    return load


async def _read_reply(reader: asyncio.StreamReader, asked: float) -> tuple[int, float, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    if b"transfer-encoding: chunked" in lowered:
        while size := int((await reader.readuntil(b"\r\n"))[:-2], 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    elif b"content-length: " in lowered:
        length = int(lowered.split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
    return int(head.split(b" ", 2)[1]), asked, head
