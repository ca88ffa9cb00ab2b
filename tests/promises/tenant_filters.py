"""Takes out one tenant filter at a time and runs the tests of tenancy: `python -m tests.promises.tenant_filters`.

Each filter that can be taken out without a test failing is printed, and then the exit code is 1. Nothing is
changed in the repository: the filters are taken out of copies of it.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from tests.promises.mutants import ROOT, Mutant, find_mutants

COPIED = ("services", "gen", "tests", "proto")
SECONDS = 300

PROMISE = ("tests/promises/test_tenancy.py",)
# What a service's own tests hold: asked when the promise as a whole does not notice.
OWN_TESTS = {
    "auth": ("tests/auth/test_auth_scopes.py", "tests/auth/test_auth_keys.py", "tests/auth/test_auth_store.py"),
    "quota": ("tests/quota/test_ledger_store.py", "tests/quota/test_audit.py", "tests/quota/test_grants.py"),
    "retrieval": ("tests/retrieval/index/test_index_contract.py", "tests/retrieval/test_stores.py"),
    "chat": ("tests/chat/test_sessions.py", "tests/chat/test_chat_store.py"),
}
# What is said of one service's methods, and of all. The door stands before all filters.
CHOSEN = "not right_token and (chatmount.{service} or envoy or not [)"


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant. `killer`: the test that failed, or "" when none did."""

    mutant: Mutant
    killer: str


class Copy:
    """A copy of the repository in which one filter at a time is taken out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)

    def judge(self, mutant: Mutant) -> Verdict:
        """Runs the tests without the filter, and puts it back."""
        file = self._folder / mutant.path
        source = file.read_text("utf-8")
        file.write_text(mutant.applied_to(source), "utf-8")
        try:
            return Verdict(mutant, self._killer(mutant.service))
        finally:
            file.write_text(source, "utf-8")

    def _killer(self, service: str) -> str:
        promise = ("-k", CHOSEN.format(service=service), *PROMISE)
        return self.first_failure(promise) or self.first_failure(OWN_TESTS[service])

    def first_failure(self, tests: Sequence[str]) -> str:
        """The name of the first test that fails; "" when all pass. RuntimeError when they can't be run."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
        environment = {
            **os.environ,
            # The copy goes before the repository, which is installed.
            "PYTHONPATH": os.pathsep.join((str(self._folder), str(self._folder / "gen"))),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            command, cwd=self._folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if done.returncode not in (0, 1):
            raise RuntimeError(f"the tests could not be run:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        failed = re.search(r"^(?:FAILED|ERROR) \S*::(.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
        if done.returncode and failed is None:
            raise RuntimeError(f"the tests failed without saying which:\n{done.stdout[-3000:]}")
        return failed[1] if failed else ""


def judge_all(mutants: Sequence[Mutant], jobs: int, tell: Callable[[Verdict], None]) -> list[Verdict]:
    """Judges mutants, `jobs` at a time; `tell` hears of each. RuntimeError when the tests fail without any."""
    with tempfile.TemporaryDirectory(prefix="chatmount-mutants-") as folder, ThreadPoolExecutor(jobs) as pool:
        copies: Queue[Copy] = Queue()
        for number in range(jobs):
            copies.put(Copy(Path(folder) / str(number)))

        def judge(mutant: Mutant) -> Verdict:
            copy = copies.get()
            try:
                verdict = copy.judge(mutant)
            finally:
                copies.put(copy)
            tell(verdict)
            return verdict

        return list(pool.map(judge, mutants))


def spread(mutants: Sequence[Mutant], size: int | None) -> list[Mutant]:
    """`size` of them, from all over; all when it is None."""
    if size is None or size >= len(mutants):
        return list(mutants)
    return [mutants[place * len(mutants) // size] for place in range(size)]


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=None, help="how many filters to take out (default: all)")
    parser.add_argument("--jobs", type=int, default=2, help="how many at the same time (default: 2)")
    parser.add_argument("--only", default="", help="only filters whose place and text match this regular expression")
    parser.add_argument("--list", action="store_true", help="only list the filters")
    options = parser.parse_args()
    mutants = spread([one for one in find_mutants() if re.search(options.only, str(one))], options.size)
    if options.list:
        print(*mutants, sep="\n")
        return

    def tell(verdict: Verdict) -> None:
        print(f"{'killed  ' if verdict.killer else 'SURVIVED'}  {verdict.mutant}  {verdict.killer}", flush=True)

    survivors = [verdict for verdict in judge_all(mutants, options.jobs, tell) if not verdict.killer]
    print(f"{len(mutants)} filters taken out one at a time, {len(survivors)} of them unnoticed")
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main()
