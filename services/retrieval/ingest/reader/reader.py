"""Files are read in processes of their own, in no more time than their size is worth.

A hostile or merely enormous file can keep a parser busy for minutes, fill all memory, or make it crash. In a process it
can be given up, and harms nothing but itself.
"""

import asyncio
import hashlib
import json
import logging
import math
import signal
from concurrent.futures import ThreadPoolExecutor

from services.errors import Text, refusal, unreadable
from services.file_kinds import FILE_KINDS, true_kind
from services.named_locks import NamedLocks
from services.retrieval.ingest.reader.answer import FAILED, TOO_COMPLEX, AnswerTooLong, MalformedAnswer, decode
from services.retrieval.ingest.reader.workers import NoWorker, Worker, WorkerEnded, Workers
from services.retrieval.text.passages import Reading

logger = logging.getLogger(__name__)

SMALL_BYTES = 64 * 1024
TEXT_SECONDS = 5
PACKED_BYTES = 256 * 1024
PACKED_SECONDS = 15
MOST_SECONDS = 60
"""Of processor time for a text of SMALL_BYTES, and for a packed file of PACKED_BYTES; larger ones in proportion."""

WALL_SECONDS, WALL_PER_SECOND = 40, 4
"""By the clock, a file may take this long, and this much more for each second of processor time. A busy machine is no
reason to refuse a file."""

SMALL_AT_ONCE = 4
LARGE_AT_ONCE = 2
"""Files that are read at the same time, of different accounts. More would only take processors from questions."""

FILES_IN_A_ROW = 32
"""Small texts of one account that one process may read, when they come one right after the other."""

MEMORY_BYTES = 1024**3
MEMORY_PER_BYTE = 64
"""Where files over 16 MiB are allowed, they need more. As a tree, text takes about 30 times its size."""

PACKED_ANSWER_BYTES = 96 * 1024 * 1024
TEXT_ANSWER_BYTES, ANSWER_PER_BYTE = 4 * 1024 * 1024, 8
"""Text grows by the names of columns in every row, and by sentences that passages share."""

BYTES_PER_PASSAGE = 64
"""Of an answer, on average."""

ATTEMPTS = 3
"""How often a file may be given up for what may be the machine's fault, before it counts as the file's own."""

_REMEMBERED = 1000
_FROM_WITHIN = frozenset(
    (signal.SIGXCPU, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE, signal.SIGSYS)
)
"""Signals that a process gets for what it does itself. Others come from outside: when memory runs out, or at a stop."""


class _Interrupted(Exception):
    """Reading a file was broken off for what may be the machine's fault."""


class Reader:
    """Reads one small and one large file of an account at a time, so that others get turns."""

    def __init__(self) -> None:
        self._workers = Workers()
        self._turns = NamedLocks()
        self._small = asyncio.Semaphore(SMALL_AT_ONCE)
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._kept: dict[tuple[str, bool], Worker] = {}
        self._interruptions: dict[bytes, int] = {}
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="reader-answers")

    async def read(self, content: bytes, kind: str, media_type: str, account: str) -> Reading:
        """See `reading.read`; UNREADABLE_SOURCE also for what takes too much time or memory.

        `account` names whose turn it is. UNAVAILABLE when files can't be read now. Given up when the caller leaves.
        """
        is_small = len(content) <= SMALL_BYTES
        turn = (account, is_small)
        try:
            async with self._turns.of(turn), self._small if is_small else self._large:
                try:
                    reading = await self._ask(content, kind, media_type, turn)
                except NoWorker as error:
                    logger.warning("a %s file is read once more: %s", kind, error)
                    reading = await self._ask(content, kind, media_type, turn)
            if self._interruptions:
                self._interruptions.pop(hashlib.sha256(content).digest(), None)
            return reading
        except (NoWorker, _Interrupted) as error:
            if isinstance(error, _Interrupted) and self._interrupted(content) >= ATTEMPTS:
                logger.warning("a %s file was given up after %d attempts: %s", kind, ATTEMPTS, error)
                raise unreadable(TOO_COMPLEX) from error
            logger.warning("a %s file can't be read for now: %s", kind, error)
            raise refusal(Text.FILES_UNAVAILABLE) from error
        except MalformedAnswer as error:
            logger.error("a %s file was given up: %s", kind, error)
            raise unreadable(FAILED) from error
        finally:
            if not self._turns.is_in_use(turn):
                self._end_kept(turn)

    async def close(self) -> None:
        """Ends all processes that read."""
        for turn in list(self._kept):
            self._end_kept(turn)
        await self._workers.close()
        self._executor.shutdown(wait=False)

    async def _ask(self, content: bytes, kind: str, media_type: str, turn: tuple[str, bool]) -> Reading:
        kind = true_kind(content, kind)
        is_packed = FILE_KINDS[kind].is_packed
        seconds = seconds_for(len(content), is_packed=is_packed)
        wall_seconds = WALL_SECONDS + WALL_PER_SECOND * seconds
        limit = PACKED_ANSWER_BYTES if is_packed else TEXT_ANSWER_BYTES + ANSWER_PER_BYTE * len(content)
        head = {"kind": kind, "media_type": media_type, "seconds": seconds}
        request = json.dumps(head).encode() + b"\n" + content
        _, is_small = turn
        is_plain = is_small and not is_packed
        worker = self._kept.pop(turn, None) if is_plain else None
        if worker is None:
            memory = max(MEMORY_BYTES, MEMORY_PER_BYTE * len(content))
            worker = await self._workers.start(seconds * FILES_IN_A_ROW if is_plain else seconds, memory)
        is_fit = False
        try:
            async with asyncio.timeout(wall_seconds):
                answer = await worker.ask(request, limit)
                is_fit = worker.is_fit
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._executor, decode, answer, limit // BYTES_PER_PASSAGE)
        except WorkerEnded as error:
            if worker.answers:
                raise NoWorker("the process that read the one before it has ended") from error
            if error.code < 0 and -error.code not in _FROM_WITHIN:
                raise _Interrupted(f"the process that read it was ended by signal {-error.code}") from error
            logger.warning("a %s file was given up: the process that read it ended with %d", kind, error.code)
            raise unreadable(TOO_COMPLEX if error.code < 0 else FAILED) from error
        except TimeoutError as error:
            raise _Interrupted(f"it took {wall_seconds} s, though less than {seconds} s of processor time") from error
        except MalformedAnswer:
            # The file may have taken the process over: it reads no other.
            is_fit = False
            raise
        except AnswerTooLong as error:
            is_fit = False
            logger.warning("a %s file was given up: its text is too long", kind)
            raise unreadable(TOO_COMPLEX) from error
        finally:
            if is_fit and is_plain and worker.answers < FILES_IN_A_ROW and self._goes_on(turn):
                self._kept[turn] = worker
            else:
                worker.end()

    def _interrupted(self, content: bytes) -> int:
        """How often content was broken off, this time included, since it was last read."""
        digest = hashlib.sha256(content).digest()
        self._interruptions[digest] = count = self._interruptions.pop(digest, 0) + 1
        if len(self._interruptions) > _REMEMBERED:
            del self._interruptions[next(iter(self._interruptions))]
        return count

    def _goes_on(self, turn: tuple[str, bool]) -> bool:
        """Whether the next file is of the same account, and no other one has to wait for it."""
        return self._turns.has_waiters(turn) and not self._small.locked()

    def _end_kept(self, turn: tuple[str, bool]) -> None:
        worker = self._kept.pop(turn, None)
        if worker is not None:
            worker.end()


def seconds_for(size: int, *, is_packed: bool) -> int:
    """How much processor time a file of `size` bytes may take."""
    seconds, block = (PACKED_SECONDS, PACKED_BYTES) if is_packed else (TEXT_SECONDS, SMALL_BYTES)
    return min(MOST_SECONDS, seconds * max(1, math.ceil(size / block)))
