"""The room on the disk of an installation."""

import errno
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOM_BYTES = 1 << 20
"""With less, the next request may be one that can't be stored."""
# No space, over the quota, and over the limit of a process.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Disk:
    """The file system under a folder, for this user."""

    free_bytes: int
    full: bool


def look_at_disk(folder: Path) -> Disk | None:
    """The file system under `folder`; None when there is no such folder.

    It writes some bytes to find out, because quotas show in no number.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return None
    return Disk(free, not _has_room(folder))


def _has_room(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            room = bytes(ROOM_BYTES)
            while room:
                room = room[file.write(room) or 0 :]
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno not in _FULL
    return True
