"""Standard input and output, which may be closed, full, or have lost their reader."""

import os
import select
import stat
import sys
from contextlib import suppress

from services.cli.failures import CommandFailed

NEEDED_BYTES = 64 * 1024
"""Room on a disk below which a secret is not made: it might not fit."""


def open_missing() -> None:
    """Puts the null device where a standard stream is closed: the next file opened would take its place.

    CommandFailed when it is the output.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    is_closed = sys.stdout is None
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    if is_closed:
        raise CommandFailed("Standard output is closed, so nothing was done; > /dev/null if no output is wanted.")


def check_room() -> None:
    """CommandFailed when it can be told beforehand that nothing can be written to standard output."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return  # it is no file, and has room
    try:
        # Writes nothing, and fails where nothing can be written.
        os.write(descriptor, b"")
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            disk = os.fstatvfs(descriptor)
            if disk.f_bavail * disk.f_frsize < NEEDED_BYTES:
                raise OSError(0, "No space left on device")
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        if any(event & select.POLLERR for _, event in poll.poll(0)):
            raise OSError(0, "nobody reads it")
    except OSError as error:
        raise CommandFailed(f"Standard output can't be written ({error.strerror}), so nothing was done.") from error


def unwritten() -> OSError | None:
    """Why what was printed could not be written; None when all was. What could not be is given up."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python would complain once more when it flushes at exit.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return error
    return None
