"""One stack per home: a lock that the kernel drops with the process, however it ends."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from services.cli.calls.endpoints import read_endpoints
from services.cli.failures import CommandFailed

FILE_NAME = "up.lock"


class HomeLock:
    """Held as long as the object lives."""

    def __init__(self, home: Path) -> None:
        """CommandFailed when another process holds the lock."""
        # Children don't inherit it (Python opens files so), or an orphan would keep the home locked.
        self._descriptor = os.open(home / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            where = ""
            with suppress(CommandFailed):
                if running := read_endpoints(home):
                    where = f" (process {running.pid}, {running.http})"
            raise CommandFailed(
                f"Chatmount runs already for CHATMOUNT_HOME={home}{where}; stop it first, or set another home."
            ) from error

    def release(self) -> None:
        """Lets another process have it."""
        os.close(self._descriptor)
