"""Processes with a parser gone wrong: `python -m …reader.odd_reader`.

A parameter of the media type (`text/markdown; odd=crash`) says how: what a hostile file could make of a parser. Without
one, files are read as they are.
"""

import os
import signal
import sys
import tempfile
import time

from services.errors import unreadable
from services.retrieval.ingest.extraction.by_kind import read
from services.retrieval.ingest.reader import worker, zygote
from services.retrieval.ingest.reader.wire import ANSWER
from services.retrieval.text.passages import Reading


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


def run(code: bytes) -> str:
    """What is in `said` after the code has run, as for code that takes over a parser."""
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102
    return str(names.get("said"))


def go_wrong(content: bytes, kind: str, media_type: str) -> Reading:
    _, _, how = media_type.partition("odd=")
    if not how:
        return read(content, kind, media_type)
    if how == "crash":
        os.abort()
    if how == "killed":
        # As by the kernel, when memory runs out.
        signal.raise_signal(signal.SIGKILL)
    if how == "dawdle":
        time.sleep(50)
    if how == "burn":
        while True:
            pass
    if how == "fault":
        raise ZeroDivisionError("a fault of ours")
    if how == "flood":
        sys.stdout.buffer.write(ANSWER.pack(1024**4, True))
        while True:
            sys.stdout.buffer.write(bytes(1024 * 1024))
    if how == "lie":
        os.write(1, ANSWER.pack(len(content), True) + content)
        os._exit(0)
    if how == "vanish":
        os._exit(0)
    if how == "recurse":
        return go_wrong(content, kind, media_type)
    raise unreadable({"memory": fill_memory, "write": write_a_file, "run": lambda: run(content)}[how]())


if __name__ == "__main__":
    worker.read = go_wrong
    zygote.main()
