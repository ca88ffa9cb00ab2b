"""Windows of one process that survive it: a process that is killed and started again hands out no fresh minute.

Each accepted request appends a line to a file. Nothing is forced to the disk: what the process has written is the
kernel's, and is there for the next process; only when the machine itself goes down are up to 60 s of counts forgotten.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from services.windows.in_process import InProcessWindows
from services.windows.window import Count, Window

logger = logging.getLogger("chatmount.windows")

MINIMUM_REWRITE_BYTES = 1024 * 1024


class KeptWindows:
    """`windows`, kept in `file`. A second process that opens the same file finds it taken and keeps nothing."""

    def __init__(self, windows: InProcessWindows, file: Path) -> None:
        self._windows = windows
        self._descriptor: int | None = _take(file)
        self._size = 0
        self._rewrite_at = 0
        if self._descriptor is not None:
            for key, count in _read(file):
                windows.learn(key, count)
            self._rewrite()

    async def hit(self, key: str, limit: int) -> Window:
        """See `Windows.hit`."""
        told = await self._windows.hit(key, limit)
        count = self._windows.standing(key)
        if told.allowed and count is not None:
            self._write(_line(key, count))
            if self._size >= self._rewrite_at:
                self._rewrite()
        return told

    async def peek(self, key: str, limit: int) -> Window:
        """See `Windows.peek`."""
        return await self._windows.peek(key, limit)

    async def close(self) -> None:
        """See `Windows.close`."""
        self._give_up()
        await self._windows.close()

    def _write(self, data: bytes) -> None:
        if self._descriptor is None:
            return
        try:
            self._size += os.write(self._descriptor, data)
        except OSError as error:
            logger.warning("minute windows are not kept over a restart any more: %s", error.strerror)
            self._give_up()

    def _rewrite(self) -> None:
        """Leaves only the windows that are open."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            self._size = 0
            open_ones = b"".join(_line(key, count) for key, count in self._windows.open_ones())
            if open_ones:
                self._write(open_ones)
            self._rewrite_at = max(MINIMUM_REWRITE_BYTES, 2 * self._size)

    def _give_up(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def _take(file: Path) -> int | None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        logger.warning("minute windows can't be kept over a restart: %s", error.strerror)
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        logger.warning("minute windows are not kept over a restart: another process keeps its own in %s", file.name)
        os.close(descriptor)
        return None
    return descriptor


def _line(key: str, count: Count) -> bytes:
    return (json.dumps([key, count.ends_at, count.used]) + "\n").encode()


def _read(file: Path) -> Iterator[tuple[str, Count]]:
    for line in file.read_bytes().splitlines():
        try:
            key, ends_at, used = json.loads(line)
            yield str(key), Count(int(ends_at), int(used))
        except (ValueError, TypeError):
            continue  # a line that was cut off when its process was killed
