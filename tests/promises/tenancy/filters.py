"""Tenant filters are taken out one at a time, and the tests are run.

Nothing is changed in the repository: the filters are taken out of a copy of it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.promises.tenancy.mutants import ROOT, Mutant

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
        "tests/auth/test_widget_store.py",
        "tests/auth/test_widgets.py",
        "tests/auth/test_widget_door.py",
        "tests/auth/test_people_store.py",
        "tests/auth/test_people_users.py",
        "tests/auth/test_people_members.py",
        "tests/auth/test_people_invitations.py",
        "tests/auth/test_people_tokens.py",
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
        "tests/retrieval/index/test_index_changes.py",
    ),
    "chat": (
        "tests/chat/test_sessions.py",
        "tests/chat/test_chat_store.py",
        "tests/chat/test_chat_store_ends.py",
        "tests/chat/test_trace_store.py",
        "tests/chat/test_export.py",
        "tests/chat/test_conversation_filter.py",
        "tests/chat/test_review.py",
        "tests/chat/test_review_rpc.py",
        "tests/chat/test_idempotency.py",
        "tests/chat/test_idempotency_retries.py",
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


def judge_all(mutants: Sequence[Mutant]) -> list[Verdict]:
    """What becomes of each, one after the other."""
    with tempfile.TemporaryDirectory(prefix="chatmount-mutants-") as folder:
        copy = Copy(Path(folder))
        try:
            return [copy.judge(mutant) for mutant in mutants]
        finally:
            copy.close()


def spread(mutants: Sequence[Mutant], size: int) -> list[Mutant]:
    """`size` of them, from all over; or all, when there are no more."""
    size = min(size, len(mutants))
    return [mutants[(2 * place + 1) * len(mutants) // (2 * size)] for place in range(size)]
