"""A wire to a real Postgres that can be cut, or held so that silently nothing passes."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url


class Link:
    """Forwards connections to the Postgres of `url`; `self.url` goes through it."""

    def __init__(self, url: str, folder: Path) -> None:
        parts = make_url(url)
        self._target = f"{parts.query['host']}/.s.PGSQL.{parts.port or 5432}"
        self._path = folder / ".s.PGSQL.5432"
        changed = parts.set(query={**parts.query, "host": str(folder)}, port=None)
        self.url = changed.render_as_string(hide_password=False)
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.opened = 0

    def hold(self) -> None:
        """From now on bytes stay where they are, in both directions, also on new connections."""
        self._flows.clear()

    def let_go(self) -> None:
        """What was held goes on its way."""
        self._flows.set()

    async def cut(self) -> None:
        """Ends all connections and refuses new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._path.unlink(missing_ok=True)
        for writer in list(self._writers):
            writer.close()

    async def mend(self) -> None:
        """Takes connections (again)."""
        self._server = await asyncio.start_unix_server(self._serve, str(self._path))

    async def close(self) -> None:
        self.let_go()
        await self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            onward_reader, onward_writer = await asyncio.open_unix_connection(self._target)
            self._writers |= {writer, onward_writer}
            with suppress(asyncio.CancelledError):  # it ends with the test
                await asyncio.gather(self._pump(reader, onward_writer), self._pump(onward_reader, writer))
        finally:
            self._tasks.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        self._writers.discard(writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def linked(url: str) -> AsyncIterator[Link]:
    """A link that flows, in a folder whose name is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="cm-link-") as folder:
        link = Link(url, Path(folder))
        await link.mend()
        yield link
        await link.close()
