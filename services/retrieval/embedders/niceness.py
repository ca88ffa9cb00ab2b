"""Work that gives way to answers."""

import os


def give_way(process: int, niceness: int) -> None:
    """Make a process, or on Linux a thread, at least so nice.

    One that is nicer stays as it is: less nice only root may make it, and others are refused.
    """
    if os.getpriority(os.PRIO_PROCESS, process) < niceness:
        os.setpriority(os.PRIO_PROCESS, process, niceness)
