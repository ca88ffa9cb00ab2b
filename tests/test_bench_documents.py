"""The question sets on a handbook, a site in MDX and a manual: their form, and how their answers are checked."""

from pathlib import Path
from typing import Any

import pytest

from bench.retrieval.documents.__main__ import SETS, DocumentSet, check


@pytest.mark.parametrize("one", SETS, ids=lambda one: one.name)
def test_a_set_has_thirteen_questions_with_a_page_and_answers(one: DocumentSet) -> None:
    rows = one.questions()
    assert len({row["id"] for row in rows}) == len({row["question"] for row in rows}) == 13
    assert all(row["answers"] and row["page"].endswith(one.files.rpartition(".")[2]) for row in rows)


def asked(page: str, *answers: str) -> list[dict[str, Any]]:
    return [{"id": "desk", "question": "?", "page": page, "answers": list(answers)}]


def test_every_answer_must_stand_in_its_page_as_it_is_read(tmp_path: Path) -> None:
    handbook, site = tmp_path / "perks.md", tmp_path / "ports.mdx"
    handbook.write_text("# Perks\n\n## A chair\n\nYou may spend **$3,000** on a desk.\n", "utf-8")
    site.write_text("import Card from 'card'\n\n<Card title='Ports'>The port is `4321`.</Card>\n", "utf-8")
    check(
        asked("perks.md", "$3,000 on a desk", "a chair") + asked("ports.mdx", "Ports", "port is 4321"), [handbook, site]
    )
    with pytest.raises(SystemExit, match=r"desk: “\$3,500” does not stand in perks\.md"):
        check(asked("perks.md", "$3,000", "$3,500"), [handbook, site])
    with pytest.raises(SystemExit, match=r"desk: “card” does not stand in ports\.mdx"):
        check(asked("ports.mdx", "card"), [handbook, site])
    with pytest.raises(SystemExit, match=r"desk: there is no page desks\.md"):
        check(asked("desks.md", "$3,000"), [handbook, site])
