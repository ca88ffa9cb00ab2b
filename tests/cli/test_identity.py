"""One thing under two spellings is one source, and things that differ stay apart."""

import json
import unicodedata
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot

SPELLINGS = ["https://e.example/ferry", "HTTPS://E.Example:443/ferry", "https://e.example/%66erry"]


def line(url: str, price: int) -> str:
    return json.dumps({"url": url, "title": "Ferry", "text": f"The ferry to Aalborg costs {price} crowns."}) + "\n"


def urls(cli: CommandLine, bot: Bot) -> list[str]:
    return [one["url"] for one in cli.json("source", "list", "--bot", bot.id)["sources"]]


def text_of(cli: CommandLine, bot: Bot) -> str:
    return " ".join(one["text"] for one in cli.json("search", "--bot", bot.id, "What does it cost?")["passages"])


def test_each_spelling_replaces_the_one_before(cli: CommandLine, bot: Bot, tmp_path: Path) -> None:
    for price, url in enumerate(SPELLINGS, 40):
        (tmp_path / "one.jsonl").write_text(line(url, price))
        cli.json("source", "add", "--bot", bot.id, tmp_path / "one.jsonl")
        assert urls(cli, bot) == ["https://e.example/ferry"]
        assert f"{price} crowns" in text_of(cli, bot)
        assert "crowns" not in text_of(cli, bot).replace(f"{price} crowns", "")


def test_a_file_with_another_spelling_still_has_its_pages(cli: CommandLine, bot: Bot, tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(line(SPELLINGS[1], 40))
    cli.json("source", "add", "--bot", bot.id, tmp_path / "one.jsonl")
    synced = cli.json("source", "sync", "--bot", bot.id, "--prune")
    assert (synced["gone"], [one["unchanged"] for one in synced["sources"]]) == ([], [True])


def test_urls_that_differ_are_sources_of_their_own(cli: CommandLine, bot: Bot, tmp_path: Path) -> None:
    different = ["/?x", "/?x=", "/", "/a", "/a/", "/A", "/a%2Fb", "/a/b"]
    (tmp_path / "all.jsonl").write_text("".join(line(f"https://e.example{one}", 40) for one in different))
    cli.json("source", "add", "--bot", bot.id, tmp_path / "all.jsonl")
    assert sorted(urls(cli, bot)) == sorted(f"https://e.example{one}" for one in different)


@pytest.mark.parametrize("base", [(), ("--base-url", "https://e.example/")])
def test_a_name_is_one_in_both_forms_of_unicode(
    cli: CommandLine, bot: Bot, tmp_path: Path, base: tuple[str, ...]
) -> None:
    name = "Fähre für Gäste.md"
    for price, form in ((40, unicodedata.normalize("NFD", name)), (50, name)):
        folder = tmp_path / str(price)
        folder.mkdir()
        (folder / form).write_text(f"# Ferry\n\nThe ferry costs {price} crowns.\n")
        cli.json("source", "add", "--bot", bot.id, folder, *base)
    (url,) = urls(cli, bot)
    assert url == ("https://e.example/F%C3%A4hre%20f%C3%BCr%20G%C3%A4ste.md" if base else f"file:{name}")
    assert "50 crowns" in text_of(cli, bot)
    # The folder with the other form still has it.
    synced = cli.json("source", "sync", "--bot", bot.id, "--prune")
    assert (synced["gone"], len(synced["sources"])) == ([], 1)


def test_a_pair_cites_the_one_spelling(cli: CommandLine, bot: Bot, tmp_path: Path) -> None:
    pair = ("--question", "What does the ferry cost?", "--answer", "40 crowns.")
    assert cli.json("qa", "add", "--bot", bot.id, *pair, "--url", SPELLINGS[1])["url"] == SPELLINGS[0]
    (tmp_path / "pairs.csv").write_text(f"question,answer,url\n{pair[1]},{pair[3]},{SPELLINGS[2]}\n")
    imported = cli.json("qa", "import", "--bot", bot.id, tmp_path / "pairs.csv")
    assert (imported["added"], imported["replaced"], imported["unchanged"]) == (0, 0, 1)
