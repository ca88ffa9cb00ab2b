"""Becomes another user, then the command: `python -m tests.promises.as_user USER COMMAND…`.

A process of its own, because `subprocess` with `user=` forks, and a fork beside gRPC's threads may be aborted by its
handlers before it becomes the command.
"""

import os
import pwd
import sys


def main(user: str, *command: str) -> None:
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    # Where the tests run it may have no business.
    os.chdir("/")
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
