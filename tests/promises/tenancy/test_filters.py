"""A tenant filter that is taken out makes a test fail. With `--size 1000` all of them are."""

import ast
import re
from collections.abc import Callable
from functools import cache

import pytest

from tests.promises.tenancy.filters import IN_STORES, OWN_TESTS, PROMISE, judge_all, spread
from tests.promises.tenancy.mutants import ROOT, SERVICES, Mutant, find_mutants


@cache
def mutants() -> list[Mutant]:
    return find_mutants()


def test_filters_are_found_in_every_service_and_can_be_taken_out() -> None:
    assert {mutant.service for mutant in mutants()} == set(SERVICES)
    assert len({(mutant.path, mutant.start) for mutant in mutants()}) == len(mutants()) > 80
    for mutant in mutants():
        source = (ROOT / mutant.path).read_text("utf-8")
        changed = mutant.applied_to(source)
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source)), mutant


def test_every_store_that_knows_tenants_has_filters() -> None:
    found = {mutant.path for mutant in mutants()}
    for service in SERVICES:
        stores = [
            file
            for file in (ROOT / "services" / service / "store").rglob("*.py")
            if re.search(r"chatbot_id\)? ==", file.read_text())
        ]
        assert {file.relative_to(ROOT).as_posix() for file in stores} <= found


def test_the_tests_that_judge_are_there() -> None:
    named = [PROMISE, IN_STORES[-1], *(file for files in OWN_TESTS.values() for file in files)]
    assert [file for file in named if not (ROOT / file).exists()] == []


@pytest.mark.timeout(7200)
def test_a_filter_that_is_taken_out_is_missed(size: Callable[[int], int]) -> None:
    # By default one that a store is asked for directly: it is judged in seconds, others take up to a minute.
    chosen = spread(mutants(), size(0)) or [one for one in mutants() if "/retrieval/store/" in one.path][-1:]
    verdicts = judge_all(chosen)
    assert [str(verdict.mutant) for verdict in verdicts if not verdict.killer] == []
