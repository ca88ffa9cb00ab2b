"""The question sets in other languages: their form, and how answers are looked for."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.retrieval.languages import __main__ as languages
from bench.retrieval.measures import contains_answer

PAGE = "# Fichiers { #files }\n\n{* ../../docs_src/files.py hl[1] *}\n\nInstallez `python-multipart`.\n"


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, dict[str, str]]:
    root = tmp_path / "docs/fr/docs"
    (root / "tutorial").mkdir(parents=True)
    (root / "tutorial/files.md").write_text(PAGE, "utf-8")
    (root / "translation-banner.md").write_text(PAGE, "utf-8")
    return languages.read_pages(tmp_path, "fr")


def asked(page: str, *answers: str) -> list[dict[str, Any]]:
    return [{"id": "fr01", "question": "?", "relevant_ids": [page], "answers": list(answers), "answerable": True}]


def test_a_page_is_a_row_without_its_includes(pages: dict[str, dict[str, str]]) -> None:
    (page,) = pages.values()
    assert (page["id"], page["title"]) == ("tutorial/files", "Fichiers")
    assert page["url"].endswith("/docs/fr/docs/tutorial/files.md")
    assert "docs_src" not in page["text"]


def test_no_checkout_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"holds no pages: is .* a checkout of FastAPI"):
        languages.read_pages(tmp_path, "fr")


def test_an_answer_must_stand_in_its_page(pages: dict[str, dict[str, str]]) -> None:
    languages.check("fr", asked("tutorial/files", "python-multipart"), pages)
    with pytest.raises(SystemExit, match=r"questions_fr\.jsonl, fr01: tutorial/files says none of \['aiofiles'\]"):
        languages.check("fr", asked("tutorial/files", "aiofiles"), pages)
    with pytest.raises(SystemExit, match="“aiofiles” stands in no page that is said to give it"):
        languages.check("fr", asked("tutorial/files", "python-multipart", "aiofiles"), pages)
    with pytest.raises(SystemExit, match="there is no page tutorial/elsewhere"):
        languages.check("fr", asked("tutorial/elsewhere", "python-multipart"), pages)


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_a_set_has_thirty_questions_with_an_answer_and_ten_without(language: str) -> None:
    file = Path(languages.__file__).with_name(f"questions_{language}.jsonl")
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len({row["question"] for row in rows}) == 40
    answerable = [row for row in rows if row["answerable"]]
    assert len(answerable) == 30
    assert all(row["relevant_ids"] and row["answers"] for row in answerable)
    assert not any(row["relevant_ids"] or row["answers"] for row in rows if not row["answerable"])


def test_an_answer_is_found_between_characters_that_no_spaces_part() -> None:
    assert contains_answer("ブラウザは600秒間キャッシュします。", ["600"])
    assert contains_answer("約15秒ごとに送られます", ["15 秒"])
    assert not contains_answer("ブラウザは6000秒間キャッシュします。", ["600"])
    assert not contains_answer("Les 6000 secondes", ["600"])
