"""A model that costs next to nothing: a provider's protocol, and tokens at the pace that it was last told.

    .venv/bin/python -m bench.provider --port-file FILE

`GET /pace?tokens=32&rate=0&delay=0` sets how many tokens an answer has, how many come in a second (0: all at once), and
the seconds before the first.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import uvloop

from tests.waiting import eventually

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
PACE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Pace:
    tokens: int = 32
    rate: float = 0.0
    delay: float = 0.0


@dataclass(frozen=True)
class Provider:
    """A provider that runs."""

    url: str

    def set(self, tokens: int, rate: float = 0.0, delay: float = 0.0) -> None:
        """For the answers from now on."""
        target = urlsplit(self.url)._replace(path="/pace", query=f"tokens={tokens}&rate={rate}&delay={delay}")
        urllib.request.urlopen(target.geturl(), timeout=10).close()  # noqa: S310 - it is ours


def event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    data = f"data: {json.dumps({'id': 'c', 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(data), data)


FIRST = event({"role": "assistant", "content": ""})
TOKENS = [event({"content": f" tk{number:04}"}) for number in range(1000)]
LAST = event({}, "stop") + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


class Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._received = b""
        self._writing: asyncio.Task[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self._writing is not None:
            self._writing.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if not end or len(body) < length:
            return
        self._received = body[length:]
        target = urlsplit(head.split(b" ", 2)[1].decode())
        if target.path == "/pace":
            given = {name: float(values[0]) for name, values in parse_qs(target.query).items()}
            self._pace.tokens, self._pace.rate, self._pace.delay = int(given["tokens"]), given["rate"], given["delay"]
            self._transport.write(PACE)
        elif self._pace.rate or self._pace.delay:
            self._writing = asyncio.create_task(self._write(Pace(**vars(self._pace))))
        else:
            self._transport.write(HEAD + FIRST + b"".join(TOKENS[: self._pace.tokens]) + LAST)

    async def _write(self, pace: Pace) -> None:
        self._transport.write(HEAD + FIRST)
        began = time.perf_counter() + pace.delay
        for number in range(pace.tokens):
            # By the clock, so that a late token makes none of the others late.
            due = began + (number / pace.rate if pace.rate else 0.0)
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            self._transport.write(TOKENS[number % len(TOKENS)])
        self._transport.write(LAST)


@contextlib.contextmanager
def provider(folder: Path, tokens: int = 32, rate: float = 0.0, delay: float = 0.0) -> Iterator[Provider]:
    """A provider in a process of its own, at `url` up to and including `/v1`."""
    file = folder / f"provider-{time.monotonic_ns()}.port"
    process = subprocess.Popen([sys.executable, "-m", "bench.provider", "--port-file", str(file)])
    try:
        eventually(lambda: file.exists() and bool(file.read_text()))
        running = Provider(f"http://127.0.0.1:{file.read_text()}/v1")
        running.set(tokens, rate, delay)
        yield running
    finally:
        process.terminate()
        process.wait(10)


async def serve(port_file: Path) -> None:
    pace = Pace()
    server = await asyncio.get_running_loop().create_server(lambda: Answering(pace), "127.0.0.1", 0, backlog=4096)
    port_file.write_text(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[sys.argv.index("--port-file") + 1])))
