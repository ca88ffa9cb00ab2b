"""Reads files without holding up anybody: each in a process of its own, for so long as its size is worth.

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
from services.retrieval.reader.workers import NoWorker, TooLong, Workers
from services.retrieval.reading import Reading
from services.turns import Turns

logger = logging.getLogger(__name__)

SMALL_BYTES = 64 * 1024
TEXT_SECONDS = 5
PACKED_SECONDS = 15
MOST_SECONDS = 60
"""How long a file of SMALL_BYTES may take; larger ones in proportion, up to a minute."""

SMALL_AT_ONCE = 4
LARGE_AT_ONCE = 2
"""Files that are read at the same time, of different accounts. More would only take processors from questions."""

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
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="reader-answers")

    async def read(self, content: bytes, kind: str, media_type: str, account: str) -> Reading:
        """See `reading.read`; UNREADABLE_SOURCE also for what can't be read in the time and memory that it is worth.

        `account` names whose turn it is. UNAVAILABLE when files can't be read now. Given up when the caller leaves.
        """
        is_small = len(content) <= SMALL_BYTES
        async with self._turns.of((account, is_small)), self._small if is_small else self._large:
            try:
                return await self._try(content, kind, media_type)
            except NoWorker as error:
                logger.warning("a %s file is read once more: %s", kind, error)
            try:
                return await self._try(content, kind, media_type)
            except NoWorker as error:
                raise ChatmountError(
                    ErrorReason.ERROR_REASON_UNAVAILABLE, "Files can't be read right now. Please try again."
                ) from error

    async def close(self) -> None:
        """Ends all processes that read."""
        await self._workers.close()
        self._executor.shutdown(wait=False)

    async def _try(self, content: bytes, kind: str, media_type: str) -> Reading:
        is_packed = KINDS[kind].is_packed
        seconds = seconds_for(len(content), is_packed=is_packed)
        memory = max(MEMORY_BYTES, MEMORY_PER_BYTE * len(content))
        limit = (PACKED_ANSWER_BYTES if is_packed else TEXT_ANSWER_BYTES) + ANSWER_PER_BYTE * len(content)
        head = json.dumps({"kind": kind, "media_type": media_type}).encode() + b"\n"
        async with self._workers.worker(seconds, memory) as worker:
            try:
                async with asyncio.timeout(seconds):
                    answer, code = await worker.converse(head + content, limit)
            except TimeoutError as error:
                logger.warning("a %s file was given up: it took longer than %d s", kind, seconds)
                raise too_complex() from error
            except TooLong as error:
                logger.warning("a %s file was given up: its text is too long", kind)
                raise too_complex() from error
        if code < 0:
            logger.warning("a %s file was given up: signal %d ended the process that read it", kind, -code)
            raise too_complex()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, decode, answer)
        except Malformed as error:
            logger.error("a %s file was given up: %s", kind, error)
            raise unreadable(FAILED) from error


def seconds_for(size: int, *, is_packed: bool) -> int:
    """How long a file of `size` bytes may take."""
    blocks = max(1, math.ceil(size / SMALL_BYTES))
    return min(MOST_SECONDS, (PACKED_SECONDS if is_packed else TEXT_SECONDS) * blocks)
