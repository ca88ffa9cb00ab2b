"""The question sets on a handbook, a site in MDX and a manual: their form."""

import pytest

from bench.retrieval.documents.__main__ import SETS, DocumentSet


@pytest.mark.parametrize("one", SETS, ids=lambda one: one.name)
def test_a_set_has_thirteen_questions_with_a_page_and_answers(one: DocumentSet) -> None:
    rows = one.questions()
    assert len({row["id"] for row in rows}) == len({row["question"] for row in rows}) == 13
    assert all(row["answers"] and row["page"].endswith(one.files.rpartition(".")[2]) for row in rows)
