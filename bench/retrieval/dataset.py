"""A folder of pages, questions and known answers.

    corpus.jsonl               {"id", "url", "title", "text", "site"?}
    queries.jsonl              {"id", "question", "relevant_ids", "answers"?, "answerable"?, "site"?}
    queries_multiturn.jsonl    the same, and "history": ["user:…", "agent:…", …], newest last; may be missing

`site`, where it stands, makes a chatbot of its own; without it the folder is one chatbot. Pages are told apart by their
URL, as the public API tells them. Texts are plain; a site whose URLs all end in `.md`, on one host, has Markdown.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

USER = "user:"


@dataclass(frozen=True)
class Question:
    """A question and what is right for it. `previous`: the user's earlier turns, oldest first."""

    id: str
    text: str
    relevant: frozenset[str]
    answers: tuple[str, ...] = ()
    answerable: bool | None = None
    previous: tuple[str, ...] = ()


@dataclass
class Site:
    """One chatbot: its pages as rows of a bulk import, and the questions to it."""

    name: str
    rows: list[dict[str, str]] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    follow_ups: list[Question] = field(default_factory=list)

    def topic_changes(self) -> list[Question]:
        """Its first questions, each asked at the end of another conversation."""
        if len(self.follow_ups) < 2:
            return []
        chance = random.Random(self.name)
        return [self._after_another(question, chance) for question in self.questions]

    def _after_another(self, question: Question, chance: random.Random) -> Question:
        others = [one for one in self.follow_ups if not one.relevant & question.relevant]
        before = chance.choice(others or self.follow_ups)
        return Question(
            question.id, question.text, question.relevant, question.answers, question.answerable, before.previous
        )


@dataclass(frozen=True)
class Dataset:
    """All sites of a folder."""

    name: str
    sites: tuple[Site, ...]


def read_dataset(folder: Path, at_most: int | None = None) -> Dataset:
    """Read a folder, `at_most` questions of each kind and site. SystemExit without such data."""
    if not (folder / "corpus.jsonl").is_file() or not (folder / "queries.jsonl").is_file():
        raise SystemExit(f"{folder} holds no corpus.jsonl and queries.jsonl")
    sites: dict[str, Site] = defaultdict(lambda: Site(""))
    urls: dict[str, str] = {}
    for page in _rows(folder / "corpus.jsonl"):
        name = page.get("site", folder.name)
        site = sites.setdefault(name, Site(name))
        site.rows.append({"url": page["url"], "title": page["title"], "text": page["text"]})
        urls[page["id"]] = page["url"]
    for file, kind in (("queries.jsonl", "questions"), ("queries_multiturn.jsonl", "follow_ups")):
        for row in _rows(folder / file):
            chosen: list[Question] = getattr(sites[row.get("site", folder.name)], kind)
            if at_most is None or len(chosen) < at_most:
                chosen.append(_question(row, urls))
    return Dataset(folder.name, tuple(sites.values()))


def _question(row: dict[str, Any], urls: dict[str, str]) -> Question:
    history: Sequence[str] = row.get("history", ())
    return Question(
        id=row["id"],
        text=row["question"],
        relevant=frozenset(urls[one] for one in row["relevant_ids"] if one in urls),
        answers=tuple(row.get("answers", ())),
        answerable=row.get("answerable"),
        previous=tuple(turn.removeprefix(USER) for turn in history if turn.startswith(USER)),
    )


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    if file.is_file():
        with file.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())
