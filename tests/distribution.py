"""Groups of tests that share an expensive start, for several workers.

The tests of a file always do. A whole stack is shared by a folder, and is to be started once in a run.
"""

import re

import pytest
from xdist.scheduler import LoadScopeScheduling

# Longest first, so that no worker begins with one of them when the others are done.
FIRST = ("tests/promises/replicated", "tests/browser", "tests/edge", "tests/contract", "tests/cli", "tests/promises")
SHARE_A_STACK = (
    "tests/browser",
    "tests/promises/replicated",
    "tests/promises/model",
    "tests/cli",
    "tests/cli/backup",
    "tests/edge",
)

# Each of these starts a whole stack, or an Envoy at least.
STACKS = frozenset(
    {"edge", "first", "furnished", "hunt", "installation", "model_stack", "own_stack", "stack", "stack_of_the_run"}
)
# Files whose tests start or kill processes by the dozen, or try texts by the thousand.
LONG = re.compile(
    r"tests/(browser|promises|edge|contract)/|/test_\w*(changeover|crash|gone_wrong|hostile|internal_tls|interleavings|outage|process|races|replica)\w*\.py"
)


class ByWhatIsShared(LoadScopeScheduling):
    """Hands whole groups of tests to the workers."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """The name of the group that a test belongs to."""
    file, _, name = nodeid.partition("::")
    folder, _, _ = file.rpartition("/")
    if folder == "tests/contract":
        return f"{folder}, {'full' if '[full' in name else 'embedded'}"
    if file in ("tests/cli/up/test_demo.py", "tests/cli/up/test_internal_tls.py", "tests/cli/up/test_up.py"):
        return "tests/cli"
    return folder if folder in SHARE_A_STACK else file


def first_the_long(items: list[pytest.Item]) -> None:
    """Sorts the tests: the longest groups begin first, and the order within a folder stays."""

    def rank(item: pytest.Item) -> int:
        return next((place for place, folder in enumerate(FIRST) if item.nodeid.startswith(folder)), len(FIRST))

    items.sort(key=rank)


def mark_the_long(items: list[pytest.Item]) -> None:
    """Marks what `make test-quick` leaves out."""
    for item in items:
        starts_a_stack = item.get_closest_marker("stack") or STACKS & set(getattr(item, "fixturenames", ()))
        if starts_a_stack or LONG.search(item.nodeid.partition("::")[0]):
            item.add_marker(pytest.mark.long)
