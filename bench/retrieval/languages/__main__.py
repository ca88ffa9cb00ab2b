"""Data sets in four languages: the documentation of FastAPI, and questions of our own.

    git clone https://github.com/fastapi/fastapi && git -C fastapi checkout c3f316b7e814667e8ee81e03a7330d00ee61e45c
    .venv/bin/python -m bench.retrieval.languages fastapi FOLDER
    .venv/bin/python -m bench.retrieval FOLDER/de --language de
    .venv/bin/python -m bench.retrieval FOLDER/mixed

`mixed` is one chatbot in English with the pages that German and French questions ask for, in both languages: each
question has an answer in two pages that say the same, and the one in its own language is right.
The pages (MIT licence) stay in their repository. `questions_CODE.jsonl` beside this file has 30 questions that a page
of theirs answers, and 10 that none does, as rows of queries.jsonl (see dataset.py).
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

from bench.retrieval.measures import contains_answer

LANGUAGES = ("de", "es", "fr", "ja")
MIXED = ("de", "fr")
ADDRESS = "https://github.com/fastapi/fastapi/blob/master/docs"
NO_PAGES = {"_llm-test", "translation-banner"}
"""What translators work with."""

_INCLUDE = re.compile(r"^\{\*.*\*\}$", re.MULTILINE)
_TITLE = re.compile(r"^# (.+?)(?: \{ #.*\})?$", re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, help="of github.com/fastapi/fastapi")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where a data set for each language is written")
    options = parser.parse_args()
    pages = {language: read_pages(options.checkout, language) for language in LANGUAGES}
    for language, of_language in pages.items():
        questions = read_questions(language)
        check(language, questions, of_language)
        write(options.folder / language, list(of_language.values()), questions)
    write(options.folder / "mixed", *mixed(pages))


def read_questions(language: str) -> list[dict[str, Any]]:
    """The rows of queries.jsonl."""
    lines = Path(__file__).with_name(f"questions_{language}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in lines.splitlines()]


def mixed(pages: dict[str, dict[str, dict[str, str]]]) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """The pages that questions in MIXED ask for, in each of these languages, and the questions that have an answer."""
    asked = {language: [one for one in read_questions(language) if one["answerable"]] for language in MIXED}
    names = sorted({name for questions in asked.values() for one in questions for name in one["relevant_ids"]})
    rows = [pages[language][name] | {"id": f"{language}/{name}"} for language in MIXED for name in names]
    questions = [
        one | {"relevant_ids": [f"{language}/{name}" for name in one["relevant_ids"]]}
        for language, of_language in asked.items()
        for one in of_language
    ]
    return rows, questions


def write(folder: Path, pages: list[dict[str, str]], questions: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("corpus", pages), ("queries", questions)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    print(f"{folder}: {len(pages)} pages")


def read_pages(checkout: Path, language: str) -> dict[str, dict[str, str]]:
    """The pages of a language as rows of corpus.jsonl, by id. SystemExit without any."""
    root = checkout / "docs" / language / "docs"
    pages = {}
    for file in sorted(root.rglob("*.md")):
        name = file.relative_to(root).with_suffix("").as_posix()
        if name not in NO_PAGES:
            text = _INCLUDE.sub("", file.read_text("utf-8"))
            title = _TITLE.search(text)
            url = f"{ADDRESS}/{language}/docs/{name}.md"
            pages[name] = {"id": name, "url": url, "title": title[1] if title else name, "text": text}
    if not pages:
        raise SystemExit(f"{root} holds no pages: is {checkout} a checkout of FastAPI?")
    return pages


def check(language: str, questions: list[dict[str, Any]], pages: dict[str, dict[str, str]]) -> None:
    """SystemExit unless every answer stands in a page of its question, and every page has one."""
    for question in questions:
        where = f"questions_{language}.jsonl, {question['id']}"
        if missing := [page for page in question["relevant_ids"] if page not in pages]:
            raise SystemExit(f"{where}: there is no page {missing[0]}")
        texts = {page: pages[page]["text"] for page in question["relevant_ids"]}
        for page, text in texts.items():
            if not contains_answer(text, question["answers"]):
                raise SystemExit(f"{where}: {page} says none of {question['answers']}")
        for answer in question["answers"]:
            if not any(contains_answer(text, [answer]) for text in texts.values()):
                raise SystemExit(f"{where}: “{answer}” stands in no page that is said to give it")


if __name__ == "__main__":
    main()
