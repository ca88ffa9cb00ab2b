"""Reads files without holding up searches: small ones on a thread, large ones in a process of their own.

A hostile or merely enormous file can keep a parser busy for minutes. In a process it can be given up.
"""

import asyncio
import json
import math
import subprocess
import sys

from services.retrieval.extraction.document import unreadable
from services.retrieval.passages import PassageDraft
from services.retrieval.reading import Reading, read

LARGE_BYTES = 64 * 1024
SECONDS = 60
MODULE = "services.retrieval.reader_process"


class Reader:
    """Reads one file at a time on each path, so that a bulk import does not take all processors."""

    def __init__(self, *, large_bytes: int = LARGE_BYTES, seconds: float = SECONDS) -> None:
        self._large_bytes = large_bytes
        self._seconds = seconds
        self._turn = asyncio.Semaphore(1)

    async def read(self, content: bytes, kind: str, media_type: str) -> Reading:
        """See `reading.read`; UNREADABLE_SOURCE also for what can't be read within a minute."""
        if len(content) <= self._large_bytes:
            return await asyncio.to_thread(read, content, kind, media_type)
        async with self._turn:
            return await asyncio.to_thread(self._read_apart, content, kind, media_type)

    def _read_apart(self, content: bytes, kind: str, media_type: str) -> Reading:
        command = [sys.executable, "-m", MODULE, kind, media_type or "-", str(math.ceil(self._seconds))]
        try:
            # Not through the event loop: uvloop forks, and gRPC's fork handlers complain about that in the log.
            done = subprocess.run(command, input=content, stdout=subprocess.PIPE, timeout=self._seconds, check=False)  # noqa: S603
        except subprocess.TimeoutExpired as error:
            raise _too_complex() from error
        if done.returncode != 0:
            raise _too_complex()
        return _decode(done.stdout)


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


def _too_complex() -> Exception:
    return unreadable("The file is too large or too intricate to be read; split it into smaller ones.")
