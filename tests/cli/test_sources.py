import json
from pathlib import Path

import pytest

from services.cli.commands.source import STATUSES
from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot

PAGE = "# {title}\n\n{title} is a page with a sentence that can be found.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    (root / "deep").mkdir(parents=True)
    (root / "apples.md").write_text(PAGE.format(title="Apples"))
    (root / "deep" / "pears.txt").write_text("Pears are sold by the dozen on Fridays.")
    (root / ".hidden.md").write_text("# Hidden")
    (root / "logo.png").write_bytes(b"\x89PNG")
    return root


def test_a_folder_becomes_sources(cli: CommandLine, bot: Bot, folder: Path) -> None:
    added = cli.json("source", "add", "--bot", bot.id, folder, "--base-url", "https://example.com/docs/")
    assert [(one["url"], one["status"]) for one in added["sources"]] == [
        ("https://example.com/docs/apples.md", "ready"),
        ("https://example.com/docs/deep/pears.txt", "ready"),
    ]
    assert all(one["passages"] >= 1 and one["id"].startswith("src_") for one in added["sources"])
    assert (added["failed"], added["skipped"]) == ([], 2)
    assert added["skipped_kinds"] == {".png": 1, "hidden": 1}
    listed = cli.json("source", "list", "--bot", bot.id)["sources"]
    assert {one["id"] for one in listed} == {one["id"] for one in added["sources"]}
    shown = " ".join(cli("source", "add", "--bot", bot.id, folder).out.split())
    assert "2 files passed over (1 .png, 1 hidden)." in shown
    assert "passed over" not in cli("source", "add", "--bot", bot.id, folder / "apples.md").out


def test_adding_again_changes_nothing(cli: CommandLine, bot: Bot, folder: Path) -> None:
    first = cli.json("source", "add", "--bot", bot.id, folder / "apples.md")["sources"]
    second = cli.json("source", "add", "--bot", bot.id, folder / "apples.md")["sources"]
    assert [one["unchanged"] for one in (*first, *second)] == [False, True]
    assert first[0]["id"] == second[0]["id"]


def test_what_cannot_be_added_does_not_stop_the_others(cli: CommandLine, bot: Bot, folder: Path) -> None:
    (folder / "empty.md").touch()
    paths = (folder / "logo.png", folder / "empty.md", folder / "apples.md", "https://169.254.169.254/")
    outcome = cli("source", "add", "--bot", bot.id, *paths, "--json")
    assert outcome.code == 1
    value = json.loads(outcome.out)
    assert [one["title"] for one in value["sources"]] == ["Apples"]
    assert {one["path"] for one in value["failed"]} == {str(path) for path in paths if "apples" not in str(path)}
    (line,) = outcome.err.splitlines()
    assert "3 of 4 could not be added" in line
    shown = cli("source", "add", "--bot", bot.id, folder / "logo.png", folder / "apples.md")
    assert shown.code == 1
    assert "1 failed" in shown.out
    assert len(shown.err.splitlines()) == 1


def test_a_title_is_for_one_file(cli: CommandLine, bot: Bot, folder: Path) -> None:
    added = cli.json("source", "add", "--bot", bot.id, folder / "deep" / "pears.txt", "--title", "All about pears")
    assert added["sources"][0]["title"] == "All about pears"
    assert "single file" in cli.refused("source", "add", "--bot", bot.id, folder, "--title", "X", code=2)


def test_sources_are_switched_off_and_on_and_removed(cli: CommandLine, bot: Bot, folder: Path) -> None:
    added = cli.json("source", "add", "--bot", bot.id, folder)["sources"]
    first, second = (one["id"] for one in added)
    disabled = cli.json("source", "disable", "--bot", bot.id, first, second)["sources"]
    assert [one["status"] for one in disabled] == ["disabled", "disabled"]
    assert cli.json("search", "--bot", bot.id, "Where are apples?")["passages"] == []
    assert cli.json("source", "enable", "--bot", bot.id, first)["sources"][0]["status"] == "ready"
    assert cli.json("source", "remove", "--bot", bot.id, first, second) == {"removed": [first, second]}
    assert cli.json("source", "list", "--bot", bot.id)["sources"] == []
    assert "chatmount source list" in cli.refused("source", "remove", "--bot", bot.id, first)


def test_sources_are_listed_and_counted_by_state(cli: CommandLine, bot: Bot, folder: Path) -> None:
    of_bot = ("--bot", bot.id)
    assert cli.json("source", "counts", *of_bot)["sources"] == dict.fromkeys(STATUSES, 0)
    added = cli.json("source", "add", *of_bot, folder)["sources"]
    cli.json("source", "disable", *of_bot, added[0]["id"])
    cli.json("qa", "add", *of_bot, "--question", "When?", "--answer", "Now.")

    def listed(*options: str) -> set[str]:
        return {one["id"] for one in cli.json("source", "list", *of_bot, *options)["sources"]}

    assert listed("--status", "disabled") == {added[0]["id"]}
    assert listed("--status", "ready", "--status", "disabled") == listed() == {one["id"] for one in added}
    assert listed("--text", added[1]["url"].upper()) == {added[1]["id"]}
    assert "No such sources." in cli("source", "list", *of_bot, "--text", "nothing like it").out
    counts = cli.json("source", "counts", *of_bot)
    assert counts["sources"] == dict.fromkeys(STATUSES, 0) | {"disabled": 1, "ready": len(added) - 1}
    assert (counts["passages"], counts["qa_pairs"]) == (sum(one["passages"] for one in added), 1)
    assert counts["size_bytes"] > 0
    assert "qa pairs" in cli("source", "counts", *of_bot).out


def test_a_search_shows_why_passages_rank_as_they_do(cli: CommandLine, bot: Bot, folder: Path) -> None:
    cli.json("source", "add", "--bot", bot.id, folder)
    found = cli.json("search", "--bot", bot.id, "When are pears sold?", "--sentences", "--limit", "1")
    (passage,) = found["passages"]
    assert passage["url"] == "file:deep/pears.txt"
    assert set(passage["scores"]) == {"fused", "lexical", "vector", "sentence"}
    assert "Fridays" in passage["sentences"][0]["text"]
    assert "Fridays" in cli("search", "--bot", bot.id, "When are pears sold?").out


def test_a_pair_is_added_replaced_listed_and_removed(cli: CommandLine, bot: Bot) -> None:
    words = ("--question", "Do you ship to Iceland?", "--url", "https://example.com/shipping", "--title", "Shipping")
    first = cli.json("qa", "add", "--bot", bot.id, *words, "--answer", "No.")
    second = cli.json("qa", "add", "--bot", bot.id, *words, "--answer", "Yes.")
    assert second["id"] == first["id"]
    (listed,) = cli.json("qa", "list", "--bot", bot.id)["qa_pairs"]
    assert (listed["answer"], listed["url"], listed["title"]) == ("Yes.", "https://example.com/shipping", "Shipping")
    found = cli.json("search", "--bot", bot.id, "do you ship to iceland")
    assert found["qa_match"]["id"] == first["id"]
    cli.json("qa", "remove", "--bot", bot.id, first["id"])
    assert "chatmount qa list" in cli.refused("qa", "remove", "--bot", bot.id, first["id"])


def test_pairs_are_imported_from_a_table(cli: CommandLine, bot: Bot, tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text('\ufeffQuestion;Answer;URL\nWho?;"We; of course.";\nWhere?;Here.;https://example.com/where\n')
    first = cli.json("qa", "import", "--bot", bot.id, file)
    assert [(one["question"], one["answer"], one["url"]) for one in first["qa_pairs"]] == [
        ("Who?", "We; of course.", None),
        ("Where?", "Here.", "https://example.com/where"),
    ]
    again = cli.json("qa", "import", "--bot", bot.id, file)
    assert again["qa_pairs"] == first["qa_pairs"]
    assert [(one["added"], one["replaced"], one["unchanged"]) for one in (first, again)] == [(2, 0, 0), (0, 0, 2)]
    file.write_text("question,answer,url\nWhen?,Now.,\nWhy?\nHow?,So.,ftp://example.com\nwho,Nobody.,\n")
    outcome = cli("qa", "import", "--bot", bot.id, file, "--json")
    assert outcome.code == 1
    value = json.loads(outcome.out)
    assert (value["added"], value["replaced"]) == (1, 1)
    assert [one["line"] for one in value["failed"]] == [3, 4]
    assert "answer must be" in value["failed"][0]["error"]
    (line,) = outcome.err.splitlines()
    assert "2 rows could not be added; the first is line 3: answer must be" in line
    listed = cli.json("qa", "list", "--bot", bot.id)["qa_pairs"]
    assert [(one["question"], one["answer"]) for one in listed] == [
        ("who", "Nobody."),
        ("Where?", "Here."),
        ("When?", "Now."),
    ]
    shown = cli("qa", "import", "--bot", bot.id, file).out
    assert "3   answer must be" in shown
    assert "0 added, 2 unchanged, 2 failed." in shown
    file.write_text("q,a\nWhen?,Now.\n")
    assert "must name the columns question and answer" in cli.refused("qa", "import", "--bot", bot.id, file)


def test_a_line_without_a_title_is_called_by_its_address(cli: CommandLine, bot: Bot, tmp_path: Path) -> None:
    pages = {"https://e.example/help/ferry%20times.pdf": "ferry times.pdf", "https://e.example/": "e.example"}
    lines = [
        {"url": url, "text": "The ferry leaves at noon."} | more
        for url, more in zip(pages, ({}, {"title": " "}), strict=True)
    ]
    (tmp_path / "bulk.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    added = cli.json("source", "add", "--bot", bot.id, tmp_path / "bulk.jsonl")["sources"]
    assert {one["url"]: one["title"] for one in added} == pages


def test_what_a_page_says_cannot_steer_the_terminal(cli: CommandLine, bot: Bot, tmp_path: Path) -> None:
    (tmp_path / "evil.jsonl").write_text(
        json.dumps({"url": "https://example.com/e", "title": "[red]\x1b[2Jbad", "text": "Evil text is here to see."})
    )
    shown = cli("source", "add", "--bot", bot.id, tmp_path / "evil.jsonl")
    assert "\x1b[2J" not in shown.out
    assert "\x1b[2J" not in cli("source", "list", "--bot", bot.id).out
