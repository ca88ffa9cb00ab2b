"""Sources that are added without waiting, and files that are read again."""

import json
import platform
import shutil
from pathlib import Path

import pytest

from services.cli.documents.source_origin import FilesOrigin
from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot

PAGE = "# {title}\n\n{title} are sold on Fridays.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    (root / "deep").mkdir(parents=True)
    (root / "apples.md").write_text(PAGE.format(title="Apples"))
    (root / "deep" / "pears.md").write_text(PAGE.format(title="Pears"))
    return root


def test_nobody_has_to_wait(cli: CommandLine, bot: Bot, folder: Path) -> None:
    (folder / "empty.md").touch()
    accepted = cli.json("source", "add", "--bot", bot.id, folder, "--no-wait")
    assert len(accepted["sources"]) == 3
    assert {one["status"] for one in accepted["sources"]} <= {"waiting", "indexing"}
    waited = cli("source", "wait", "--bot", bot.id, "--events", "--json")
    assert waited.code == 1, waited
    assert {(one["title"], one["status"]) for one in json.loads(waited.out)["sources"]} == {
        ("Apples", "ready"),
        ("Pears", "ready"),
        ("empty.md", "failed"),
    }
    *events, complaint = waited.err.splitlines()
    assert all(json.loads(event)["event"] == "indexing" for event in events)
    assert complaint.endswith("1 of 3 could not be read; the first is file:empty.md: The file is empty.")
    listed = cli("source", "list", "--bot", bot.id).out
    assert "The file is empty." in listed
    ready = next(one["id"] for one in accepted["sources"] if one["url"] == "file:apples.md")
    assert len(cli.json("source", "wait", "--bot", bot.id, ready)["sources"]) == 1
    assert "chatmount source list" in cli.refused("source", "wait", "--bot", bot.id, "src_nothing")


def test_each_step_is_told_where_it_is_asked_for(cli: CommandLine, bot: Bot, folder: Path) -> None:
    (folder / "empty.md").touch()
    outcome = cli("source", "add", "--bot", bot.id, folder, "--events", "--json")
    *events, complaint = outcome.err.splitlines()
    told = [json.loads(event) for event in events]
    assert sorted(one["event"] for one in told) == ["added", "added", "failed"]
    assert [(one["done"], one["of"]) for one in told] == [(1, 3), (2, 3), (3, 3)]
    assert complaint.startswith("chatmount: ")
    assert len(json.loads(outcome.out)["sources"]) == 2


def test_files_are_read_again_from_where_they_were(cli: CommandLine, bot: Bot, folder: Path) -> None:
    lines = folder.parent / "bulk.jsonl"
    bulk = [{"url": f"https://example.com/{n}", "title": f"Page {n}", "text": f"Number {n}."} for n in range(3)]
    lines.write_text("\n".join(map(json.dumps, bulk)))
    cli.json("source", "add", "--bot", bot.id, folder, lines, "--base-url", "https://example.com/docs")
    synced = cli.json("source", "sync", "--bot", bot.id)
    assert [one["unchanged"] for one in synced["sources"]] == [True] * 5
    (folder / "apples.md").write_text(PAGE.format(title="Green apples"))
    (folder / "deep" / "pears.md").unlink()
    (folder / "plums.md").write_text(PAGE.format(title="Plums"))
    lines.write_text("\n".join(map(json.dumps, bulk[:2])))
    synced = cli.json("source", "sync", "--bot", bot.id)
    assert {one["title"] for one in synced["sources"] if not one["unchanged"]} == {"Green apples", "Plums"}
    assert {(one["url"], one["removed"]) for one in synced["gone"]} == {
        ("https://example.com/docs/deep/pears.md", False),
        ("https://example.com/2", False),
    }
    assert "2 removed" in cli("source", "sync", "--bot", bot.id, "--prune").out
    left = {one["url"] for one in cli.json("source", "list", "--bot", bot.id)["sources"]}
    assert left == {f"https://example.com/{name}" for name in ("docs/apples.md", "docs/plums.md", "0", "1")}


def test_single_sources_are_read_again_alone(cli: CommandLine, bot: Bot, folder: Path) -> None:
    added = cli.json("source", "add", "--bot", bot.id, folder)["sources"]
    for file in ("apples.md", "deep/pears.md", "new.md"):
        (folder / file).write_text(PAGE.format(title="Changed"))
    synced = cli.json("source", "sync", "--bot", bot.id, added[0]["id"])
    assert [(one["id"], one["title"]) for one in synced["sources"]] == [(added[0]["id"], "Changed")]
    assert "chatmount source list" in cli.refused("source", "sync", "--bot", bot.id, "src_nothing")


def test_what_may_only_be_away_is_never_removed(
    cli: CommandLine, bot: Bot, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.json("source", "add", "--bot", bot.id, folder)
    backup = folder.rename(folder.parent / "unmounted")
    assert "there is no such file or folder" in cli.refused("source", "sync", "--bot", bot.id, "--prune")
    folder.mkdir()
    assert "holds no readable file" in cli.refused("source", "sync", "--bot", bot.id, "--prune")
    shutil.copy(backup / "apples.md", folder)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(platform, "node", lambda: "another machine")
        (gone,) = cli.json("source", "sync", "--bot", bot.id, "--prune")["gone"]
    assert (gone["url"], gone["removed"]) == ("file:deep/pears.md", False)
    (folder / "bad.jsonl").write_text("{")
    assert "not a line of JSON" in cli.refused("source", "sync", "--bot", bot.id, "--prune")
    assert len(cli.json("source", "list", "--bot", bot.id)["sources"]) == 2


def test_sources_that_nobody_knows_the_origin_of_are_named(
    cli: CommandLine, bot: Bot, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(FilesOrigin, "to_text", lambda _: "by hand")
        (added,) = cli.json("source", "add", "--bot", bot.id, folder / "apples.md")["sources"]
    assert added["origin"] == {"kind": "other", "text": "by hand"}
    assert cli.json("source", "sync", "--bot", bot.id)["unknown"] == [{"id": added["id"], "url": "file:apples.md"}]
    (folder / "apples.md").unlink()
    assert "of unknown origin" in cli("source", "sync", "--bot", bot.id, "--prune").out
