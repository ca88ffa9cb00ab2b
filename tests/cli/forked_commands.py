"""`python -m tests.cli.forked_commands`: runs each command of the JSON list on stdin in a fork of its own.

Each is {"arguments", "home", "streams"}; what comes of them is printed as a JSON list of {"code", "err"}. To start a
process for each would take most of a second.
"""

import importlib
import json
import os
import resource
import sys
import traceback
from typing import Any

from services.cli.__main__ import run
from services.cli.app import COMMANDS


def ended(one: dict[str, Any]) -> dict[str, Any]:
    """What came of a command."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            become(one, writer)
            code = run(one["arguments"])
            # As Python does at exit, whose other work takes far longer than most commands.
            sys.stdout.flush()
            os._exit(code)
        except BaseException:
            traceback.print_exc()
            os._exit(120)
    os.close(writer)
    with open(reader) as err:
        text = err.read()
    return {"code": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), "err": text}


def become(one: dict[str, Any], err: int) -> None:
    """Gives this process the streams, arguments and environment of a command."""
    out = os.open("/dev/full" if one["streams"] == "full" else os.devnull, os.O_WRONLY)
    if one["streams"] == "unread":
        reader, out = os.pipe()
        os.close(reader)
    if one["streams"] == "full at once":
        # Nothing tells of this before it is written to.
        out = os.memfd_create("out")
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    for target, descriptor in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
        os.dup2(descriptor, target)
    os.closerange(3, 256)
    # As Python finds them when it starts.
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", buffering=1, closefd=False)  # type: ignore[misc]
    if one["streams"] == "no output":
        os.close(1)
        sys.stdout = sys.__stdout__ = None  # type: ignore[misc]
    if one["streams"] == "no input":
        os.close(0)
        sys.stdin = sys.__stdin__ = None  # type: ignore[misc]
    os.environ["CHATMOUNT_HOME"] = one["home"]


if __name__ == "__main__":
    for name in COMMANDS.values():
        importlib.import_module(f"services.cli.commands.{name.partition(':')[0]}")
    print(json.dumps([ended(one) for one in json.load(sys.stdin)]))
