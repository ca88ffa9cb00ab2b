"""`python -m tests.retrieval.odd_reader KIND MEDIA_TYPE SECONDS BYTES`: the reader's process, with a parser gone wrong.

The media type says how: what a hostile file could make of a parser.
"""

import json
import os
import resource
import sys
import tempfile
import time

from services.retrieval import reader_process
from services.retrieval.extraction.document import unreadable
from services.retrieval.reading import Reading


def look_around() -> str:
    limits = {
        name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1] for name in ("AS", "CPU", "FSIZE", "CORE")
    }
    return json.dumps({"environment": dict(os.environ), "limits": limits})


def fill_memory() -> str:
    return str(len([bytes(16 * 1024 * 1024) for _ in range(200)]))


def write_a_file() -> str:
    try:
        with tempfile.TemporaryFile() as file:
            file.write(b"x")
            file.flush()
    except OSError:
        return "not written"
    return "written"


def go_wrong(_: bytes, __: str, how: str) -> Reading:
    if how == "crash":
        os.abort()
    if how == "dawdle":
        time.sleep(50)
    if how == "fault":
        raise ZeroDivisionError("a fault of ours")
    if how == "flood":
        while True:
            sys.stdout.buffer.write(bytes(1024 * 1024))
    raise unreadable({"look": look_around, "memory": fill_memory, "write": write_a_file}[how]())


if __name__ == "__main__":
    reader_process.read = go_wrong
    reader_process.main()
