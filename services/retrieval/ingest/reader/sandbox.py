"""What a process that reads files gives up before it sees the first byte of one."""

import ctypes
import os
import resource
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

from services.retrieval.ingest.reader import landlock, system_calls
from services.trust.process_privacy import make_undumpable

DESCRIPTORS = 32
NICENESS = 5
"""A question that comes in goes first."""

_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION = 0x20080522
_ROOT = Path(__file__).parents[4]


def confine() -> Sequence[str]:
    """Give up all that children need not have; returns what the kernel does not know.

    What is imported later is still found. Not to be called by a process with threads.
    """
    os.nice(NICENESS)
    if sys.platform != "linux":
        return ["Landlock", "seccomp"]
    # When memory runs out, a file that is being read goes first.
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")
    make_undumpable()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    missing = [] if landlock.restrict(_readable()) else ["Landlock"]
    # Root without its capabilities can't look into processes that are not to be looked into either.
    if libc.capset(struct.pack("Ii", _CAPABILITY_VERSION, 0), bytes(24)) != 0:
        raise OSError(ctypes.get_errno(), "capabilities can't be given up")
    return missing if system_calls.is_known() else [*missing, "seccomp"]


def confine_worker(seconds: int, memory_bytes: int, *, filter_calls: bool) -> None:
    """Bound processor time, memory and descriptors; no files, processes or sockets."""
    for name, limit in (
        ("CPU", seconds),
        ("AS", memory_bytes),
        ("FSIZE", 0),
        ("CORE", 0),
        ("NOFILE", DESCRIPTORS),
        ("NPROC", 0),
    ):
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))
    if filter_calls:
        system_calls.refuse_others()


def _readable() -> list[str]:
    """Code alone: the root of the installation is also where a home with its secrets may lie."""
    folders = [Path(entry or ".").resolve() for entry in sys.path]
    code = [_ROOT / "services", _ROOT / "gen"]
    return [str(path) for path in (*code, *(folder for folder in folders if folder not in (_ROOT, Path.cwd())))]
