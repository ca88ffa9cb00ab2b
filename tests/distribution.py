"""Which tests stay together when several workers run the suite: those that share what is expensive to start.

A file's tests always do. Whole stacks are shared by more than a file, and each is to be started once in a run.
"""

import pytest
from xdist.scheduler import LoadScopeScheduling

# Longest first, so that no worker begins with one of them when the others are done.
FIRST = ("tests/promises", "tests/contract", "tests/cli", "tests/edge")
ON_THE_REPLICATED_STACK = frozenset(
    f"tests/promises/test_{name}.py"
    for name in (
        "credits_over_replicas",
        "dead_keys",
        "idempotency",
        "replicas_come_and_go",
        "stack_of_replicas",
        "tenancy_through_envoy",
        "windows_over_replicas",
    )
)


class ByWhatIsShared(LoadScopeScheduling):
    """Hands whole groups of tests to the workers."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """The name of the group that a test belongs to."""
    file, _, name = nodeid.partition("::")
    folder, _, _ = file.rpartition("/")
    if file in ON_THE_REPLICATED_STACK:
        return "the replicated stack"
    if folder == "tests/contract":
        return f"{folder}, {'full' if '[full' in name else 'embedded'}"
    if file in ("tests/cli/up/test_demo.py", "tests/cli/up/test_up.py"):
        return "tests/cli"
    if folder in ("tests/cli", "tests/cli/backup", "tests/edge"):
        return folder
    return file


def first_the_long(items: list[pytest.Item]) -> None:
    """Sorts the tests so that the long groups begin first; within a folder all stays as it was."""
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))
