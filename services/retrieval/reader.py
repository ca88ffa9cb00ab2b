"""Reads files without holding up searches: small texts on a thread, all others in a process of their own.

A hostile or merely enormous file can keep a parser busy for minutes, fill all memory, or make it crash. In a process it
can be given up, and harms nothing but itself.
"""

import asyncio
import json
import logging
import math
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from services.errors import ChatmountError
from services.retrieval.extraction.document import unreadable
from services.retrieval.extraction.kinds import KINDS
from services.retrieval.passages import PassageDraft
from services.retrieval.reading import Reading, read

logger = logging.getLogger(__name__)

LARGE_BYTES = 64 * 1024
SECONDS = 60
MODULE = "services.retrieval.reader_process"
FAILED = "The file could not be read; the log of the retrieval service says why."

_ROOT = Path(__file__).parents[2]
_ANSWER_BYTES = 64 * 1024 * 1024
_ANSWER_PER_BYTE = 8
"""Text that is not packed comes back escaped, and with the sentences that passages share."""

_COMPLAINT_BYTES = 64 * 1024


class Reader:
    """Reads one file at a time on each path, so that a bulk import does not take all processors."""

    def __init__(self, *, large_bytes: int = LARGE_BYTES, seconds: float = SECONDS) -> None:
        self._large_bytes = large_bytes
        self._seconds = seconds
        self._turn = asyncio.Semaphore(1)

    async def read(self, content: bytes, kind: str, media_type: str) -> Reading:
        """See `reading.read`; UNREADABLE_SOURCE also for what can't be read within a minute and a gigabyte."""
        if len(content) <= self._large_bytes and not KINDS[kind].is_packed:
            return await asyncio.to_thread(_read_here, content, kind, media_type)
        async with self._turn:
            given_up = Event()
            try:
                return await asyncio.to_thread(self._read_apart, content, kind, media_type, given_up)
            finally:
                # Who waited for the file may have left; a stop of the service does not wait for it either.
                given_up.set()

    def _read_apart(self, content: bytes, kind: str, media_type: str, given_up: Event) -> Reading:
        seconds = str(math.ceil(self._seconds))
        command = [sys.executable, "-B", "-m", MODULE, kind, media_type or "-", seconds, str(len(content))]
        # Not through the event loop: uvloop forks, and gRPC's fork handlers complain about that in the log.
        # No environment: it holds secrets, which a file that takes over its parser must not find.
        with subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={}, cwd=_ROOT
        ) as process:
            watch = Thread(target=_kill_when, args=(given_up, self._seconds, process), daemon=True)
            watch.start()
            try:
                output, complaint = _converse(process, content)
            finally:
                given_up.set()
                watch.join()
        if output is None or process.returncode != 0:
            said = complaint.decode("utf-8", "replace").strip().rpartition("\n")[2]
            logger.warning("a %s file was given up: exit code %s, %s", kind, process.returncode, said or "silent")
            raise too_complex() if process.returncode < 0 else unreadable(FAILED)
        return _decode(output)


def _read_here(content: bytes, kind: str, media_type: str) -> Reading:
    try:
        return read(content, kind, media_type)
    except ChatmountError:
        raise
    except Exception as error:  # it would go wrong again with every try: the same bytes, and nothing else to wait for
        logger.exception("a %s file was given up", kind)
        raise unreadable(FAILED) from error


def _kill_when(given_up: Event, seconds: float, process: subprocess.Popen[bytes]) -> None:
    given_up.wait(seconds)
    # Of one that has ended this is nothing.
    process.kill()


def _converse(process: subprocess.Popen[bytes], content: bytes) -> tuple[bytes | None, bytes]:
    """What the process answered, None when that is more than any file is worth; and what it complained of."""
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise ValueError("the process was started without pipes")
    with suppress(BrokenPipeError):
        process.stdin.write(content)
    with suppress(BrokenPipeError):
        process.stdin.close()
    limit = _ANSWER_BYTES + _ANSWER_PER_BYTE * len(content)
    output = process.stdout.read(limit + 1)
    if len(output) > limit:
        return None, b"its text is too long"
    complaint = process.stderr.read(_COMPLAINT_BYTES)
    process.wait()
    return output, complaint


def encode(reading: Reading) -> bytes:
    """The form in which a reading leaves the process that made it."""
    passages = [(one.headings, one.text, one.sentences) for one in reading.passages]
    return json.dumps({"title": reading.title, "passages": passages}).encode()


def encode_refusal(text: str) -> bytes:
    """The form in which a refusal does."""
    return json.dumps({"refusal": text}).encode()


def _decode(output: bytes) -> Reading:
    message = json.loads(output)
    if "refusal" in message:
        raise unreadable(message["refusal"])
    passages = (
        PassageDraft(tuple(headings), text, tuple((start, end) for start, end in sentences))
        for headings, text, sentences in message["passages"]
    )
    return Reading(message["title"], tuple(passages))


def too_complex() -> ChatmountError:
    """The refusal of a file that its reader did not get through."""
    return unreadable("The file is too large or too intricate to be read; split it into smaller ones.")
