"""`die_with_parent.py PARENT_PID COMMAND…` becomes COMMAND, which dies with its parent.

Linux sends a process the signal of PR_SET_PDEATHSIG when its parent ends, however that ends: with it not even
`kill -9` of the launcher leaves a service behind, which would hold the home's databases and ports. It is SIGKILL and
not SIGTERM because nobody is left to see to it that a polite request is followed; every store survives it.

A script of its own, because running Python between fork and exec (`preexec_fn`) in a process that uses gRPC's threads
can hang. It needs nothing but the standard library, so it starts in a few milliseconds with `python -I -S`.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """See the module."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have ended before the call above took hold.
    if os.getppid() == parent:
        os.execv(command[0], command)  # noqa: S606 - it becomes the command; there is no shell


if __name__ == "__main__":
    main()
