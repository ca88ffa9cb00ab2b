"""A lean HTTP/1.1 load generator: each keep-alive connection asks again when answered."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Load:
    """What one run saw. Times in seconds."""

    requests: int
    seconds: float
    latencies: list[float]
    unexpected: int

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


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


async def run_load(
    base_url: str, request: bytes | Iterator[bytes], status: int, connections: int, seconds: float
) -> Load:
    """Send `request` over and over, or one after the other; replies of another status than `status` are unexpected."""
    url = urlsplit(base_url)
    requests = repeat(request) if isinstance(request, bytes) else request
    latencies: list[float] = []
    unexpected = 0
    began = time.perf_counter()
    end = began + seconds

    async def ask_again_and_again() -> None:
        nonlocal unexpected
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        while (asked := time.perf_counter()) < end:
            writer.write(next(requests))
            if await _read_reply(reader) != status:
                unexpected += 1
            latencies.append(time.perf_counter() - asked)
        writer.close()

    await asyncio.gather(*(ask_again_and_again() for _ in range(connections)))
    return Load(len(latencies), time.perf_counter() - began, latencies, unexpected)


async def _read_reply(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    if b"transfer-encoding: chunked" in lowered:
        while size := int((await reader.readuntil(b"\r\n"))[:-2], 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    elif b"content-length: " in lowered:
        length = int(lowered.split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])
