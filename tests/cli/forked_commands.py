"""`python -m tests.cli.forked_commands`: runs each line of JSON on stdin in its own fork.

A process of its own would take most of a second only to import. `Forks` in tests/cli/forks.py is the other end.
"""

import base64
import ctypes
import importlib
import json
import os
import resource
import sys
import traceback
from typing import Any

from services.cli.app import COMMANDS

CAPABILITY_VERSION = 0x20080522
# CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, by which root reads everything.
READS_EVERYTHING = 1 << 1 | 1 << 2
PROGRAMS = {
    "services.cli": "services.cli.__main__",
    "services.cli.prepare": "services.cli.prepare",
    "services.edge": "services.edge.__main__",
    "services.auth": "services.auth.__main__",
    "services.chat": "services.chat.__main__",
}


def ended(one: dict[str, Any]) -> dict[str, Any]:
    """What came of a module: {"module", "arguments", "environment", "streams", "given"}."""
    reader, writer = os.pipe()
    out = os.memfd_create("out")
    child = os.fork()
    if not child:
        try:
            become(one, out, writer)
            code = run(one["module"])
            if sys.stdout is not None:
                sys.stdout.flush()
            # Python's other work at exit takes far longer than most commands.
            os._exit(code)
        except BaseException:
            traceback.print_exc()
            os._exit(120)
    os.close(writer)
    with open(reader) as err:
        text = err.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.lseek(out, 0, os.SEEK_SET)
    with open(out, "rb") as file:
        return {"code": code, "out": base64.b64encode(file.read()).decode(), "err": text}


def run(module: str) -> int:
    """The exit code of `python -m module`."""
    try:
        importlib.import_module(PROGRAMS[module]).main()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return int(end.code or 0)
    return 0


def become(one: dict[str, Any], out: int, err: int) -> None:
    """Gives this process the streams, arguments and environment of a program."""
    streams = one["streams"]
    if streams == "full":
        out = os.open("/dev/full", os.O_WRONLY)
    if streams == "unread":
        reader, out = os.pipe()
        os.close(reader)
    if streams == "full at once":
        # Nothing tells of this before it is written to.
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    given = os.memfd_create("in")
    if one["given"]:
        os.write(given, base64.b64decode(one["given"]))
        os.lseek(given, 0, os.SEEK_SET)
    for target, descriptor in enumerate((given, out, err)):
        os.dup2(descriptor, target)
    os.closerange(3, 256)
    # As Python finds them when it starts.
    sys.stdin = sys.__stdin__ = os.fdopen(0, closefd=False)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", closefd=False)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", buffering=1, closefd=False)  # type: ignore[misc]
    if streams == "no output":
        os.close(1)
        sys.stdout = sys.__stdout__ = None  # type: ignore[misc]
    if streams == "no input":
        os.close(0)
        sys.stdin = sys.__stdin__ = None  # type: ignore[misc]
    sys.argv[1:] = one["arguments"]
    for name in [name for name in os.environ if name.startswith("CHATMOUNT_")]:
        del os.environ[name]
    os.environ |= one["environment"]
    if streams == "bound by permissions":
        # For root as well, as in a container.
        header, sets = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
        libc = ctypes.CDLL(None)
        libc.capget(header, sets)
        for held in (0, 1):  # effective, permitted
            sets[held] &= ~READS_EVERYTHING
        libc.capset(header, sets)


if __name__ == "__main__":
    for name in COMMANDS.values():
        importlib.import_module(f"services.cli.commands.{name.partition(':')[0]}")
    for module in PROGRAMS.values():
        importlib.import_module(module)
    for line in sys.stdin:
        print(json.dumps(ended(json.loads(line))), flush=True)
