"""A folder as companies have it: PDF and Word files, some of which can't be read."""

import json
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot
from tests.retrieval.ingest.extraction.docx_files import docx
from tests.retrieval.ingest.extraction.docx_files import paragraph as word_paragraph
from tests.retrieval.ingest.extraction.pdf_files import Text, encrypted, paragraph, pdf

WRONG = {
    "broken.docx": "broken: open it",
    "broken.pdf": "broken: open it",
    "encrypted.pdf": "encrypted: remove its password",
    "empty.pdf": "is empty",
    "huge.txt": "or raise CHATMOUNT_MAXIMUM_SOURCE_BYTES",
    "page.pdf": "no PDF",
    "scanned.pdf": "text recognition (OCR)",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    guide = docx(word_paragraph("Refunds", "Title"), word_paragraph("Refunds are paid within 14 days."))
    prices = pdf([Text("Prices", 80, size=20, font="bold"), *paragraph(["A bicycle costs 12 euros a day."], 120)])
    files = {
        "guide.docx": guide,
        "deep/prices.PDF": prices,
        "broken.docx": guide[: len(guide) // 2],
        "broken.pdf": prices[: len(prices) // 2],
        "encrypted.pdf": encrypted(),
        "empty.pdf": b"",
        "huge.txt": b"x" * (10 * 1024 * 1024 + 1),
        "page.pdf": b"<html>Not found</html>",
        "scanned.pdf": pdf([], picture=True),
    }
    for name, content in files.items():
        file = tmp_path / "files" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return tmp_path / "files"


def test_files_that_cannot_be_read_are_named_and_the_others_answer(cli: CommandLine, bot: Bot, folder: Path) -> None:
    outcome = cli("source", "add", "--bot", bot.id, folder, "--json")
    assert outcome.code == 1
    value = json.loads(outcome.out)
    assert len(value["sources"]) == 2, value
    assert {(one["title"], one["url"]) for one in value["sources"]} == {
        ("Refunds", "file:guide.docx"),
        ("Prices", "file:deep/prices.PDF"),
    }
    said = {Path(one["path"]).name: one["error"] for one in value["failed"]}
    assert set(said) == set(WRONG)
    assert not {name: said[name] for name, part in WRONG.items() if part not in said[name]}
    assert not [text for text in said.values() if "\n" in text or str(folder) in text]
    (line,) = outcome.err.splitlines()
    assert "7 of 9 could not be added" in line
    found = cli.json("search", "--bot", bot.id, "What does a bicycle cost?")["passages"]
    assert (found[0]["url"], found[0]["text"]) == ("file:deep/prices.PDF", "A bicycle costs 12 euros a day.")
    again = cli("source", "add", "--bot", bot.id, folder / "guide.docx", folder / "encrypted.pdf")
    assert again.code == 1
    assert "1 unchanged, 1 failed" in again.out
    assert "remove its password" in again.out
