"""Small processes to supervise, and ways to look at them."""

import os
import sys
from pathlib import Path

from tests.contract.stack import Stack


def script(text: str) -> list[str]:
    """The command that runs a few lines of Python."""
    return [sys.executable, "-u", "-c", text]


def is_alive(pid: int) -> bool:
    """False for a process that has ended, also when nobody has collected it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CHATMOUNT_")}


def pid_of(stack: Stack) -> int:
    """The launcher's."""
    return int(stack.endpoints["pid"])


def gone(pids: list[int]) -> bool:
    """Whether none of them runs."""
    return not any(is_alive(pid) for pid in pids)
