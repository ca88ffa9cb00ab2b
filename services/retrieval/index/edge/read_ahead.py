"""Reads files of the embedded engine into the system's memory before searches do."""

import os
from contextlib import suppress
from pathlib import Path
from threading import Thread

CHUNK = 1024 * 1024


def begin_read_ahead(shard: Path) -> None:
    """Have what searches read of a shard read beside everything else.

    When the engine opens files that it is not to hold in memory, it has the system forget them: then searches would
    wait for the disk, two pages for every passage.
    """
    Thread(target=read_ahead, args=(shard,), name="read-ahead", daemon=True).start()


def read_ahead(shard: Path) -> int:
    """Read the stored vectors and payloads; returns the number of bytes.

    What is gone is passed over.
    """
    read = 0
    with suppress(OSError):
        for file in sorted(shard.glob("segments/*/*_storage*/**/*")):
            read += _read(file)
    return read


def _read(file: Path) -> int:
    read = 0
    # Ends with an error: there is no data behind the last. Most of a small index are holes, which cost time to read.
    with suppress(OSError), file.open("rb", buffering=0) as stored:
        place = 0
        while True:
            place = os.lseek(stored.fileno(), place, os.SEEK_DATA)
            count = len(stored.read(CHUNK))
            place, read = place + count, read + count
    return read
