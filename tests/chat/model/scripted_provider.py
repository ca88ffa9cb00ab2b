"""A scripted model: a real HTTP server of the chat completions protocol, which it may break.

What it writes is under control to the byte. As a program, `python -m tests.chat.model.scripted_provider --help`.
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.chat.model.scripted_replies import Drop, HalfClose, Malformed, Recorded, Reply, Script, Silence, answer


class ScriptedProvider:
    """A provider on a free port of the loopback.

    `script`: what each request gets; set it whenever you like.
    """

    def __init__(self, script: Script | Reply | None = None) -> None:
        self.script: Script | Reply = script or answer("Within", " 14", " days", " [1]", ".")
        self.requests: list[Recorded] = []
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._handlers: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def open_requests(self) -> int:
        return sum(request.closed_at is None and not request.finished for request in self.requests)

    def in_turn(self, replies: Iterable[Reply]) -> None:
        """One reply for each request, the last of them again and again."""
        waiting = list(replies)
        self.script = lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=4096)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Closes the port and all connections."""
        if self._server is not None:
            self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler = asyncio.current_task()
        assert handler is not None
        self._handlers.add(handler)
        handler.add_done_callback(self._handlers.discard)
        self.connections += 1
        try:
            while (request := await _read_request(reader)) is not None:
                self.requests.append(request)
                script = self.script
                if not await _Writing(request, reader, writer).write(script(request) if callable(script) else script):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # Gone, or stopped with the server: either way nobody waits for more.
            pass
        finally:
            self.connections -= 1
            writer.transport.abort()


class _Writing:
    def __init__(self, request: Recorded, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._request, self._reader, self._writer = request, reader, writer

    async def write(self, reply: Reply) -> bool:
        """Whether the connection may be used again."""
        gone = asyncio.create_task(self._until_gone())
        work = asyncio.create_task(self._steps(reply))
        try:
            await asyncio.wait({gone, work}, return_when=asyncio.FIRST_COMPLETED)
            again = work.done() and not work.cancelled() and work.exception() is None and work.result()
            self._request.finished = bool(again)
            return bool(again)
        finally:
            if not self._request.finished and self._request.closed_at is None:
                self._request.closed_at = time.monotonic()
            for task in (gone, work):
                task.cancel()
            await asyncio.gather(gone, work, return_exceptions=True)

    async def _until_gone(self) -> None:
        # A client says nothing while it waits; what can be read is the end.
        with suppress(ConnectionError):
            await self._reader.read(1)
        self._request.closed_at = time.monotonic()

    async def _steps(self, reply: Reply) -> bool:
        lines = [f"HTTP/1.1 {reply.status} Scripted", "Transfer-Encoding: chunked"]
        lines += [f"{name}: {value}" for name, value in reply.headers]
        head = "".join(f"{line}\r\n" for line in (*lines, "")).encode()
        for step in reply.steps:
            if isinstance(step, float | int):
                if step:
                    await asyncio.sleep(step)
                continue
            if isinstance(step, asyncio.Event):
                await step.wait()
                continue
            self._writer.write(head)
            head = b""
            if isinstance(step, bytes):
                if not await self._body(step, reply):
                    return False
            elif not await self._end(step):
                return False
        self._writer.write(head + b"0\r\n\r\n")
        await self._writer.drain()
        return True

    async def _body(self, step: bytes, reply: Reply) -> bool:
        size = reply.every or len(step)
        for start in range(0, len(step), size):
            part = step[start : start + size]
            if reply.drop_at is not None:
                part = part[: max(0, reply.drop_at - self._request.written)]
            if part:
                if self._request.first_token_at is None and b'"content"' in step and b'"role"' not in step:
                    self._request.first_token_at = time.monotonic()
                self._writer.write(b"%x\r\n%s\r\n" % (len(part), part))
                self._request.written += len(part)
                await self._writer.drain()
                if start // size % 8 == 7:
                    # Reader and writer may share a loop: so the cuts are seen, and a long body does not take long.
                    await asyncio.sleep(0)
            if reply.drop_at is not None and self._request.written >= reply.drop_at:
                return await self._end(Drop())
        return True

    async def _end(self, step: Drop | HalfClose | Malformed | Silence) -> bool:
        await self._writer.drain()
        if isinstance(step, Drop):
            # What was written goes out before the reset.
            await asyncio.sleep(0.001)
            self._writer.transport.abort()
            return False
        if isinstance(step, HalfClose):
            self._writer.write_eof()
        elif isinstance(step, Malformed):
            self._writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
        await asyncio.Event().wait()
        return False


async def _read_request(reader: asyncio.StreamReader) -> Recorded | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Recorded(json.loads(body), headers, first.split()[1])


@asynccontextmanager
async def scripted_provider(script: Script | Reply | None = None) -> AsyncIterator[ScriptedProvider]:
    """A provider until the block is left."""
    provider = ScriptedProvider(script)
    await provider.start()
    try:
        yield provider
    finally:
        await provider.stop()


async def _main() -> None:
    parser = argparse.ArgumentParser(description="A model that answers anything with so many words.")
    parser.add_argument("--port-file", type=Path, required=True, help="where its port is written")
    parser.add_argument("--tokens", type=int, default=60)
    parser.add_argument("--rate", type=float, default=0.0, help="tokens a second; 0: at once")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before the first token")
    options = parser.parse_args()
    words = [f" word{number}" for number in range(options.tokens - 2)]
    reply = answer("Yes", *words, " [1].", pause=1 / options.rate if options.rate else 0.0, delay=options.delay)
    async with scripted_provider(reply) as provider:
        options.port_file.write_text(str(provider.port))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
