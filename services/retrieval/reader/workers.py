"""The processes that read, as the service sees them: each has one file, and ends when it is let go of."""

import asyncio
import json
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from services.retrieval.reader.zygote import REQUEST, STATUS

logger = logging.getLogger(__name__)

MODULE = "services.retrieval.reader.zygote"
_ROOT = Path(__file__).parents[3]
_START_SECONDS = 60.0
_CHUNK_BYTES = 256 * 1024


class NoWorker(Exception):
    """There is no process that reads, or it is gone by no fault of the file."""


class TooLong(Exception):
    """The answer is longer than any that the file is worth."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that waits for a file."""

    _data: socket.socket
    _line: socket.socket

    async def converse(self, content: bytes, limit: int) -> tuple[bytes, int]:
        """Gives it all of its input; its answer, of at most `limit` bytes, and its exit code.

        TooLong; NoWorker when nobody can tell how it ended.
        """
        loop = asyncio.get_running_loop()
        # It may end before it has read everything.
        with suppress(ConnectionError):
            await loop.sock_sendall(self._data, content)
        with suppress(OSError):
            self._data.shutdown(socket.SHUT_WR)
        answer = bytearray()
        with suppress(ConnectionError):
            while chunk := await loop.sock_recv(self._data, _CHUNK_BYTES):
                answer += chunk
                if len(answer) > limit:
                    raise TooLong
        status = await loop.sock_recv(self._line, STATUS.size)
        if len(status) < STATUS.size:
            raise NoWorker("the process that reads files is gone")
        return bytes(answer), STATUS.unpack(status)[0]


class Workers:
    """Starts processes that read. The one that they are forked from is started when it is first needed, and again when
    it is gone."""

    def __init__(self) -> None:
        self._zygote: asyncio.Task[_Zygote] | None = None
        self._is_closed = False
        # Starting a process takes a thread; it is not to wait for what others do on threads.
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="reader-start")

    @asynccontextmanager
    async def worker(self, seconds: int, memory_bytes: int) -> AsyncIterator[Worker]:
        """A worker that may use so much processor time and memory; it is killed when the block is left.

        NoWorker when none can be started.
        """
        ours, theirs = socket.socketpair()
        line, far_end = socket.socketpair()
        with ours, line:
            with theirs, far_end:
                handed = [theirs.fileno(), far_end.fileno()]
                # One that has just ended need not show yet.
                while not (await self._running()).hand(REQUEST.pack(seconds, memory_bytes), handed):
                    continue
            ours.setblocking(False)
            line.setblocking(False)
            yield Worker(ours, line)

    async def close(self) -> None:
        """Ends all processes, at once."""
        self._is_closed = True
        started, self._zygote = self._zygote, None
        if started is not None:
            with suppress(NoWorker):
                (await started).end()
        self._executor.shutdown(wait=False)

    async def _running(self) -> "_Zygote":
        if self._zygote is not None and self._zygote.done():
            with suppress(NoWorker):
                if self._zygote.result().is_there:
                    return self._zygote.result()
            self._zygote = None
        if self._is_closed:
            raise NoWorker("the service is stopping")
        if self._zygote is None:
            self._zygote = asyncio.create_task(self._start())
        # Who waits may leave; the others still want it.
        return await asyncio.shield(self._zygote)

    async def _start(self) -> "_Zygote":
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, _Zygote)
        except OSError as error:
            raise NoWorker(f"the process that reads files can't be started ({error})") from error


class _Zygote:
    """See `zygote`. Made on a thread; OSError when it does not come up."""

    def __init__(self) -> None:
        command = [sys.executable, "-B", "-m", MODULE]
        self._control, theirs = socket.socketpair()
        with ExitStack() as stack, theirs:
            stack.enter_context(self._control)
            # Not through the event loop: uvloop forks, and gRPC's fork handlers complain about that in the log.
            # No environment: it holds secrets, which a file that takes over its parser must not find.
            self._process = subprocess.Popen(  # noqa: S603
                command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, env={}, cwd=_ROOT
            )
            stack.pop_all()
        try:
            self._control.settimeout(_START_SECONDS)
            with self._control.makefile("rb") as lines:
                missing = json.loads(lines.readline() or b"null")
            if missing is None:
                raise OSError("it ended before it was ready")
        except BaseException:
            self.end()
            raise
        self._control.setblocking(False)
        self.is_there = True
        if missing:
            logger.warning("this system has no %s: files are read with less protection", " and no ".join(missing))

    def hand(self, request: bytes, descriptors: list[int]) -> bool:
        """Passes a request on; False when it is gone."""
        try:
            socket.send_fds(self._control, [request], descriptors)
        except OSError:
            self.end()
            return False
        return True

    def end(self) -> None:
        """Ends it and, with it, all that it has started."""
        self.is_there = False
        self._control.close()
        self._process.kill()
        self._process.wait()
