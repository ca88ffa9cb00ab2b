"""`python -m tests.promises.tenancy.filters`: take out each tenant filter and run the tests.

Each filter that can be taken out without a test failing is printed, and then the exit code is 1. Nothing is
changed in the repository: the filters are taken out of copies of it.
"""

import argparse
import json
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

from tests.promises.tenancy.mutants import ROOT, Mutant, find_mutants

COPIED = ("services", "gen", "tests", "proto")

PROMISE = "tests/promises/tenancy/test_methods.py"
IN_STORES = ("-k", "not postgres", "tests/promises/tenancy/test_stores.py")
# What a service's own tests hold: asked when the promise as a whole does not notice.
OWN_TESTS = {
    "auth": (
        "tests/auth/test_auth_scopes.py",
        "tests/auth/test_auth_api_keys.py",
        "tests/auth/test_auth_creations.py",
        "tests/auth/test_auth_audit.py",
        "tests/auth/test_auth_audit_store.py",
    ),
    "quota": (
        "tests/quota/test_ledger_store.py",
        "tests/quota/test_reconciliation.py",
        "tests/quota/test_grants.py",
        "tests/quota/test_channels.py",
    ),
    "retrieval": (
        "tests/retrieval/test_stores.py",
        "tests/retrieval/test_source_overview.py",
        "tests/retrieval/test_ingest_store.py",
        "tests/retrieval/test_language_store.py",
        "tests/retrieval/test_verify_index.py",
        "tests/retrieval/index/test_index_contract.py",
    ),
    "chat": (
        "tests/chat/test_sessions.py",
        "tests/chat/test_chat_store.py",
        "tests/chat/test_trace_store.py",
        "tests/chat/test_export.py",
        "tests/chat/test_idempotency.py",
    ),
}
# What is said of one service, and of all; what costs least goes first. A right token stands before all filters.
CHOSEN = "not right_token and {door} role_or_scope and (chatmount.{service} or envoy or not [)"


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
        environment = {
            **os.environ,
            # The copy goes before the repository, which is installed.
            "PYTHONPATH": os.pathsep.join((str(folder), str(folder / "gen"))),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._python = subprocess.Popen(
            [sys.executable, "-m", "tests.promises.tenancy.warm_python"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def close(self) -> None:
        """Ends the process that runs the tests."""
        self._python.communicate()

    def judge(self, mutant: Mutant) -> Verdict:
        """Runs the tests without the filter, and puts it back."""
        file = self._folder / mutant.path
        source = file.read_text("utf-8")
        file.write_text(mutant.applied_to(source), "utf-8")
        try:
            killer = self._noticed_by_the_promise(mutant.service)
            own = "" if killer else self._noticed_by(("-k", "not postgres", *OWN_TESTS[mutant.service]))
        finally:
            file.write_text(source, "utf-8")
        if own and self._noticed_by((*OWN_TESTS[mutant.service], "-k", own.partition("[")[0] + " and not postgres")):
            raise RuntimeError(f"{own} fails in any case, so it says nothing of {mutant}")
        return Verdict(mutant, killer or own)

    def broken(self) -> str:
        """The test that fails before anything is taken out; "" when all pass."""
        return self._noticed_by((PROMISE,)) or self._noticed_by(IN_STORES)

    def _noticed_by_the_promise(self, service: str) -> str:
        calls = [("-k", CHOSEN.format(service=service, door=door), PROMISE) for door in ("not", "")]
        return next(filter(None, map(self._noticed_by, [IN_STORES, *calls])), "")

    def _noticed_by(self, arguments: Sequence[str]) -> str:
        """The name of the first test that fails; "" when all pass."""
        code, said = self._run(arguments)
        return _first_failure(said) if code else ""

    def _run(self, arguments: Sequence[str]) -> tuple[int, str]:
        """Exit code and output. RuntimeError when the tests could not be run."""
        if self._python.stdin is None or self._python.stdout is None:
            raise RuntimeError("the process that runs the tests has no pipes")
        output = self._folder / "output.txt"
        order = {"arguments": ["-x", "-q", "-p", "no:cacheprovider", *arguments], "output": str(output)}
        self._python.stdin.write(json.dumps(order) + "\n")
        self._python.stdin.flush()
        code = int(self._python.stdout.readline())
        said = output.read_text("utf-8", "replace")
        if code not in (0, 1):
            raise RuntimeError(f"the tests could not be run:\n{said[-3000:]}")
        return code, said


def _first_failure(said: str) -> str:
    failed = re.search(r"^(?:FAILED|ERROR) \S*::(.+?)(?: - .*)?$", said, re.MULTILINE)
    if failed is None:
        raise RuntimeError(f"the tests failed without saying which:\n{said[-3000:]}")
    return failed[1]


def judge_all(mutants: Sequence[Mutant], jobs: int, tell: Callable[[Verdict], None]) -> list[Verdict]:
    """Judges mutants, `jobs` at a time; `tell` hears of each."""
    with tempfile.TemporaryDirectory(prefix="chatmount-mutants-") as folder, ThreadPoolExecutor(jobs) as pool:
        made = [Copy(Path(folder) / str(number)) for number in range(jobs)]
        copies: Queue[Copy] = Queue()
        for copy in made:
            copies.put(copy)

        def judge(mutant: Mutant) -> Verdict:
            mine = copies.get()
            try:
                verdict = mine.judge(mutant)
            finally:
                copies.put(mine)
            tell(verdict)
            return verdict

        try:
            return list(pool.map(judge, mutants))
        finally:
            for copy in made:
                copy.close()


def require_that_all_pass() -> None:
    """RuntimeError when the promise is broken before anything is taken out."""
    with tempfile.TemporaryDirectory(prefix="chatmount-mutants-") as folder:
        copy = Copy(Path(folder) / "whole")
        try:
            broken = copy.broken()
        finally:
            copy.close()
    if broken:
        raise RuntimeError(f"{broken} fails although no filter was taken out")


def spread(mutants: Sequence[Mutant], size: int | None) -> list[Mutant]:
    """`size` of them, from all over; all when it is None."""
    if size is None or size >= len(mutants):
        return list(mutants)
    return [mutants[(2 * place + 1) * len(mutants) // (2 * size)] for place in range(size)]


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

    require_that_all_pass()

    def tell(verdict: Verdict) -> None:
        print(f"{'killed  ' if verdict.killer else 'SURVIVED'}  {verdict.mutant}  {verdict.killer}", flush=True)

    survivors = [verdict for verdict in judge_all(mutants, options.jobs, tell) if not verdict.killer]
    print(f"{len(mutants)} filters taken out one at a time, {len(survivors)} of them unnoticed")
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main()
