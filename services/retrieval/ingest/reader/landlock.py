"""Landlock: which files a process may open, even one of root.

Children inherit the limits; nothing lifts them.

See `linux/landlock.h`; glibc has no functions for these calls.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_RULE_PATH_BENEATH = 1

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many kinds of access to files can be refused, from each version on."""

_NETWORK_VERSION, _BIND_AND_CONNECT = 4, 3
_SCOPE_VERSION, _ABSTRACT_SOCKETS_AND_SIGNALS = 6, 3


def version() -> int:
    """Of the Landlock that the kernel has; below 1: none."""
    return int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)) if sys.platform == "linux" else 0


def restrict(readable: Iterable[str]) -> bool:
    """Leave nothing but reading below `readable`; no TCP, and no signals to others.

    Of the last two, what the kernel can.

    False when the kernel has no Landlock: then nothing has changed. The process must have given up new privileges.
    """
    known = version()
    if known < 1:
        return False
    rights = max(count for since, count in _FILE_RIGHTS.items() if since <= known)
    attributes = struct.pack("Q", (1 << rights) - 1)
    if known >= _NETWORK_VERSION:
        attributes += struct.pack("Q", _BIND_AND_CONNECT)
    if known >= _SCOPE_VERSION:
        attributes += struct.pack("Q", _ABSTRACT_SOCKETS_AND_SIGNALS)
    libc = ctypes.CDLL(None, use_errno=True)
    rules = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        for path in readable:
            _allow(libc, rules, path)
        return bool(libc.syscall(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: str) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # a folder of the search path that is not there
    try:
        access = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE
        rule = struct.pack("=Qi", access, descriptor)
        if libc.syscall(_ADD_RULE, rules, _RULE_PATH_BENEATH, rule, 0) != 0:
            raise OSError(ctypes.get_errno(), "a rule of Landlock was refused", path)
    finally:
        os.close(descriptor)
