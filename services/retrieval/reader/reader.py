"""Reads files without holding up anybody: in processes of their own, for so long as their size is worth.

A hostile or merely enormous file can keep a parser busy for minutes, fill all memory, or make it crash. In a process it
can be given up, and harms nothing but itself.
"""

import asyncio
import json
import logging
import math
from concurrent.futures import ThreadPoolExecutor

from services.errors import ChatmountError, ErrorReason
from services.retrieval.extraction.document import unreadable
from services.retrieval.extraction.kinds import KINDS
from services.retrieval.reader.answer import FAILED, Malformed, decode, too_complex
from services.retrieval.reader.workers import Ended, NoWorker, TooLong, Worker, Workers
from services.retrieval.reading import Reading
from services.turns import Turns

logger = logging.getLogger(__name__)

SMALL_BYTES = 64 * 1024
TEXT_SECONDS = 5
PACKED_BYTES = 256 * 1024
PACKED_SECONDS = 15
MOST_SECONDS = 60
"""How long a text of SMALL_BYTES, and a packed file of PACKED_BYTES, may take; larger ones in proportion."""

SMALL_AT_ONCE = 4
LARGE_AT_ONCE = 2
"""Files that are read at the same time, of different accounts. More would only take processors from questions."""

FILES_IN_A_ROW = 32
"""Small texts of one account that one process may read, when they come one right after the other."""

MEMORY_BYTES = 1024**3
MEMORY_PER_BYTE = 64
"""Where files over 16 MiB are allowed, they need more. As a tree, text takes about 30 times its size."""

PACKED_ANSWER_BYTES = 64 * 1024 * 1024
TEXT_ANSWER_BYTES = 4 * 1024 * 1024
ANSWER_PER_BYTE = 32
"""Text grows by the names of columns in every row, and by sentences that passages share."""


class Reader:
    """Reads one small and one large file of an account at a time, so that none keeps others from being read."""

    def __init__(self) -> None:
        self._workers = Workers()
        self._turns = Turns()
        self._small = asyncio.Semaphore(SMALL_AT_ONCE)
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._kept: dict[tuple[str, bool], Worker] = {}
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="reader-answers")

    async def read(self, content: bytes, kind: str, media_type: str, account: str) -> Reading:
        """See `reading.read`; UNREADABLE_SOURCE also for what can't be read in the time and memory that it is worth.

        `account` names whose turn it is. UNAVAILABLE when files can't be read now. Given up when the caller leaves.
        """
        is_small = len(content) <= SMALL_BYTES
        turn = (account, is_small)
        try:
            async with self._turns.of(turn), self._small if is_small else self._large:
                try:
                    answer = await self._ask(content, kind, media_type, turn)
                except NoWorker as error:
                    logger.warning("a %s file is read once more: %s", kind, error)
                    answer = await self._ask(content, kind, media_type, turn)
            return await asyncio.get_running_loop().run_in_executor(self._executor, decode, answer)
        except NoWorker as error:
            raise ChatmountError(
                ErrorReason.ERROR_REASON_UNAVAILABLE, "Files can't be read right now. Please try again."
            ) from error
        except Malformed as error:
            logger.error("a %s file was given up: %s", kind, error)
            raise unreadable(FAILED) from error
        finally:
            if not self._turns.is_wanted(turn):
                self._end_kept(turn)

    async def close(self) -> None:
        """Ends all processes that read."""
        for turn in list(self._kept):
            self._end_kept(turn)
        await self._workers.close()
        self._executor.shutdown(wait=False)

    async def _ask(self, content: bytes, kind: str, media_type: str, turn: tuple[str, bool]) -> bytes:
        is_packed = KINDS[kind].is_packed
        seconds = seconds_for(len(content), is_packed=is_packed)
        limit = (PACKED_ANSWER_BYTES if is_packed else TEXT_ANSWER_BYTES) + ANSWER_PER_BYTE * len(content)
        request = json.dumps({"kind": kind, "media_type": media_type}).encode() + b"\n" + content
        _, is_small = turn
        is_plain = is_small and not is_packed
        worker = self._kept.pop(turn, None) if is_plain else None
        if worker is None:
            memory = max(MEMORY_BYTES, MEMORY_PER_BYTE * len(content))
            worker = await self._workers.start(seconds * FILES_IN_A_ROW if is_plain else seconds, memory)
        is_fit = False
        try:
            async with asyncio.timeout(seconds):
                answer, is_fit = await worker.ask(request, limit)
            return answer
        except Ended as error:
            if worker.answers:
                raise NoWorker("the process that read the one before it has ended") from error
            logger.warning("a %s file was given up: the process that read it ended with %d", kind, error.code)
            raise (too_complex() if error.code < 0 else unreadable(FAILED)) from error
        except TimeoutError as error:
            logger.warning("a %s file was given up: it took longer than %d s", kind, seconds)
            raise too_complex() from error
        except TooLong as error:
            logger.warning("a %s file was given up: its text is too long", kind)
            raise too_complex() from error
        finally:
            if is_fit and is_plain and worker.answers < FILES_IN_A_ROW and self._goes_on(turn):
                self._kept[turn] = worker
            else:
                worker.end()

    def _goes_on(self, turn: tuple[str, bool]) -> bool:
        """Whether the next file is of the same account, and no other one has to wait for it."""
        return self._turns.is_awaited(turn) and not self._small.locked()

    def _end_kept(self, turn: tuple[str, bool]) -> None:
        worker = self._kept.pop(turn, None)
        if worker is not None:
            worker.end()


def seconds_for(size: int, *, is_packed: bool) -> int:
    """How long a file of `size` bytes may take."""
    seconds, block = (PACKED_SECONDS, PACKED_BYTES) if is_packed else (TEXT_SECONDS, SMALL_BYTES)
    return min(MOST_SECONDS, seconds * max(1, math.ceil(size / block)))
