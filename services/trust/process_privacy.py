"""Keeps what a process holds and writes from other users of the machine."""

import ctypes
import os
import sys

PR_SET_DUMPABLE = 4
OTHERS = 0o077


def make_private() -> None:
    """Make files and folders for their owner alone from now on, and this process undumpable."""
    os.umask(OTHERS)
    make_undumpable()


def make_undumpable() -> None:
    """Let only root look into this process from now on, and leave no core dump.

    Starting a program ends that. Does nothing where the system is not Linux.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
