"""The processes that a process has started, and whether they have ended."""

from collections.abc import Iterator

import psutil


def commands(pid: int | None = None) -> Iterator[tuple[psutil.Process, list[str]]]:
    """Each that `pid`, or else this process, has started itself, with its command line."""
    for child in psutil.Process(pid).children():
        try:
            command = child.cmdline()
        except psutil.NoSuchProcess:
            # It has ended since the list was made, as what a test has just killed may.
            continue
        # A process that is still becoming another program has none.
        if command:
            yield child, command


def has_ended(process: psutil.Process) -> bool:
    """Whether it does nothing any more, also where nobody has asked for its exit code."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
