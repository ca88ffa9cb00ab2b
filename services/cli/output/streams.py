"""Standard input and output, which may be closed, full, or have lost their reader."""

import io
import os
import select
import stat
import sys
from typing import Any

from services.cli.failures import CommandFailed

NEEDED_BYTES = 64 * 1024
"""Room on a disk below which a secret is not made: it might not fit."""


class OutputLost(OSError):
    """Standard output does not take what is printed. `nobody_reads`: its reader has left."""

    def __init__(self, error: OSError) -> None:
        # Without its number, by which click would end the process.
        super().__init__(error.strerror)
        self.nobody_reads = isinstance(error, BrokenPipeError)


class _Output(io.FileIO):
    """Standard output, whose failures differ from those of other files."""

    def __init__(self) -> None:
        super().__init__(1, "w", closefd=False)
        self._is_lost = False

    def write(self, data: Any, /) -> int:
        if self._is_lost:
            # Python tries once more when it exits, and would complain once more.
            return memoryview(data).nbytes
        try:
            return super().write(data)
        except OSError as error:
            self._is_lost = True
            raise OutputLost(error) from error


def prepare_streams() -> None:
    """Makes the standard streams usable. CommandFailed when the output is closed.

    Streams with which a caller replaced them become lenient.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # The next file to be opened would take its place.
            os.open(os.devnull, os.O_RDWR)
    is_closed = sys.stdout is None
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    if is_closed or sys.stdout is sys.__stdout__:
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_Output()),
            encoding=None if is_closed else sys.stdout.encoding,
            line_buffering=not is_closed and bool(sys.stdout.line_buffering),
        )
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if is_closed:
        raise CommandFailed("Standard output is closed, so nothing was done; > /dev/null if no output is wanted.")


def check_room() -> None:
    """CommandFailed when it is known beforehand that standard output can't be written."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return  # it is no file, and has room
    try:
        # Writes nothing, and fails where nothing can be written.
        os.write(descriptor, b"")
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            disk = os.fstatvfs(descriptor)
            # A disk of no size has no limit.
            if disk.f_blocks and disk.f_bavail * disk.f_frsize < NEEDED_BYTES:
                raise OSError(0, "No space left on device")
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        if any(event & select.POLLERR for _, event in poll.poll(0)):
            raise OSError(0, "nobody reads it")
    except OSError as error:
        raise CommandFailed(f"Standard output can't be written ({error.strerror}), so nothing was done.") from error
