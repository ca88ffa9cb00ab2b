"""The processes that read, as the service sees them: each ends when it is let go of."""

import asyncio
import json
import logging
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

from services.retrieval.ingest.reader.answer import AnswerTooLong
from services.retrieval.ingest.reader.wire import ANSWER, FORK, REQUEST, STATUS

logger = logging.getLogger(__name__)

MODULE = "services.retrieval.ingest.reader.zygote"
_ROOT = Path(__file__).parents[4]
_START_SECONDS = 60.0
_CHUNK_BYTES = 256 * 1024
_ATTEMPTS = 2


class NoWorker(Exception):
    """There is no process that reads, or it is gone by no fault of the file."""


class WorkerEnded(Exception):
    """The process ended before it answered.

    `code`: its exit code; negative: the signal that ended it.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Worker:
    """A process that waits for files."""

    def __init__(self, data: socket.socket, line: socket.socket) -> None:
        data.setblocking(False)
        line.setblocking(False)
        self._data = data
        self._line = line
        self.answers = 0
        self.is_fit = False

    async def ask(self, request: bytes, limit: int) -> bytes:
        """Its answer, of at most `limit` bytes; then `is_fit` tells whether it may be asked again.

        WorkerEnded; AnswerTooLong; NoWorker when it can't be told how it ended.
        """
        self.is_fit = False
        # It may end before it has read everything.
        with suppress(ConnectionError):
            await asyncio.get_running_loop().sock_sendall(self._data, REQUEST.pack(len(request)) + request)
        length, is_fit = ANSWER.unpack(await self._receive(ANSWER.size))
        if length > limit:
            raise AnswerTooLong
        answer = await self._receive(length)
        self.answers += 1
        self.is_fit = is_fit
        return answer

    def end(self) -> None:
        """Kills it."""
        self._data.close()
        self._line.close()

    async def _receive(self, size: int) -> bytes:
        loop = asyncio.get_running_loop()
        received = bytearray()
        while len(received) < size:
            chunk = b""
            with suppress(ConnectionError):
                chunk = await loop.sock_recv(self._data, min(_CHUNK_BYTES, size - len(received)))
            if not chunk:
                status = await loop.sock_recv(self._line, STATUS.size)
                if len(status) < STATUS.size:
                    raise NoWorker("the process that reads files is gone")
                raise WorkerEnded(*STATUS.unpack(status))
            received += chunk
        return bytes(received)


class Workers:
    """Starts processes that read files.

    The one that they are forked from is started when it is first needed, and again when it is gone.
    """

    def __init__(self) -> None:
        self._zygote: asyncio.Task[_Zygote] | None = None
        self._is_closed = False
        # Starting a process takes a thread; it is not to wait for what others do on threads.
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="reader-start")

    async def start(self, seconds: int, memory_bytes: int) -> Worker:
        """A worker with limits for all its files. NoWorker when none can be started."""
        ours, theirs = socket.socketpair()
        line, far_end = socket.socketpair()
        worker = Worker(ours, line)
        try:
            with theirs, far_end:
                # One that has just ended need not show yet.
                for _ in range(_ATTEMPTS):
                    zygote = await self._running()
                    if zygote.hand(FORK.pack(seconds, memory_bytes), [theirs.fileno(), far_end.fileno()]):
                        return worker
            raise NoWorker("the process that reads files ends as soon as it is started")
        except BaseException:
            worker.end()
            raise

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
            if self._zygote.exception() is None and self._zygote.result().is_there:
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
        except Exception as error:  # no thread can be started, it says something else than expected, and so on
            raise NoWorker(f"the process that reads files can't be started ({error})") from error


class _Zygote:
    """See `zygote`. Made on a thread; raises when it does not come up."""

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
