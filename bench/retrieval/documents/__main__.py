"""Three kinds of documents, with 13 questions to each: a handbook, a site, a manual.

    git clone https://github.com/basecamp/handbook && git -C handbook checkout c9536061f26d0b5bd9f2f900d63e27e9f4deb4ed
    git clone https://github.com/withastro/docs && git -C docs checkout 741c1b89ba13cf9b4ac4087ef09dc269e113fa77
    git clone https://github.com/Cibiv/trumicount && git -C trumicount checkout 7a209d5078e4fd418379440fa56971c63d3af61d
    .venv/bin/python -m bench.retrieval.documents handbook docs trumicount

The documents stay in their repositories. Each is added to a chatbot of its own and asked over the public endpoint. An
answer is right when its first source is the right one and the words of the known answer stand in it. Before that, it is
checked that they stand in the page as the product reads it.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.retrieval.dataset import Question
from bench.retrieval.measures import contains_answer
from bench.retrieval.product import Product
from services.file_kinds import FILE_KINDS
from services.retrieval.ingest.extraction.by_kind import extract


@dataclass(frozen=True)
class DocumentSet:
    """`files`: a pattern of the files that are added from a checkout."""

    name: str
    files: str

    def questions(self) -> list[dict[str, Any]]:
        """Each with its page, the name of a file, and its answers."""
        lines = Path(__file__).with_name(f"questions_{self.name}.jsonl").read_text("utf-8")
        return [json.loads(line) for line in lines.splitlines()]


SETS = (
    DocumentSet("handbook", "*.md"),
    DocumentSet("mdx", "src/content/docs/en/guides/*.mdx"),
    DocumentSet("pdf", "docs/manual.pdf"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for one in SETS:
        parser.add_argument(one.name, type=Path, metavar=one.name.upper(), help=f"a checkout with {one.files}")
    options = parser.parse_args()
    console = Console(width=140)
    with tempfile.TemporaryDirectory() as folder, Product(Path(folder)) as product:
        for one in SETS:
            console.print(asked(product, one, getattr(options, one.name)))


def check(questions: Sequence[dict[str, Any]], files: Sequence[Path]) -> None:
    """SystemExit unless every answer stands in the page of its question."""
    by_name = {file.name: file for file in files}
    for row in questions:
        if row["page"] not in by_name:
            raise SystemExit(f"{row['id']}: there is no page {row['page']}")
        text = text_of(by_name[row["page"]])
        for answer in row["answers"]:
            if not contains_answer(text, [answer]):
                raise SystemExit(f"{row['id']}: “{answer}” does not stand in {row['page']}")


def text_of(file: Path) -> str:
    """A page's text as the product reads it: headings and sections."""
    kind = next(kind for kind, one in FILE_KINDS.items() if file.suffix in one.extensions)
    sections = extract(file.read_bytes(), kind).sections
    return "\n".join("\n".join((*section.headings, section.text)) for section in sections)


def asked(product: Product, of: DocumentSet, checkout: Path) -> Table:
    """The questions with what became of them. SystemExit without the files."""
    files = sorted(checkout.glob(of.files))
    if not files:
        raise SystemExit(f"{checkout} holds no {of.files}")
    questions = of.questions()
    check(questions, files)
    filled = product.fill_with([str(file) for file in files])
    table = Table(title_justify="left")
    for column in ("question", "source", "fact", "answer"):
        table.add_column(column)
    right = 0
    for row in questions:
        message, sources = product.reply(filled.tenant, Question(row["id"], row["question"], frozenset()))
        is_first = bool(sources) and sources[0]["url"].rpartition("/")[2].removeprefix("file:") == row["page"]
        has_fact = contains_answer(message, row["answers"])
        right += is_first and has_fact
        answer = "" if is_first and has_fact else message
        table.add_row(row["question"], "yes" if is_first else "no", "yes" if has_fact else "no", answer)
    rate = filled.passages / filled.seconds
    table.title = f"{of.name}: {right} of {table.row_count} right ({filled.passages} passages, {rate:.0f} a second)"
    return table


if __name__ == "__main__":
    main()
