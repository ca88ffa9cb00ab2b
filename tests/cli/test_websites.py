"""A site on loopback becomes sources, as an operator adds it."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import pytest

from services.cli.crawl import limits
from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot
from tests.cli.docs_site import Answer, DocsSite, serving
from tests.contract.stack import CHATMOUNT, Stack
from tests.retrieval.ingest.extraction.pdf_files import Text, pdf
from tests.waiting import PATIENCE, eventually


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[DocsSite]:
    monkeypatch.setenv("CHATMOUNT_CRAWL_NETWORKS", "127.0.0.1/32")
    monkeypatch.setattr(limits, "REQUEST_PAUSE", 0.0)
    site = DocsSite()
    with serving(site):
        site.put("/", "<p>Museums open at 9.</p>")
        site.link("/baths.html", "/gone.html", "/private.html")
        site.put("/baths.html", '<p>Baths open at 9.</p><a href="/zoos.html">x</a>')
        site.put("/zoos.html", "<p>Zoos open at 9.</p>")
        site.put("/private.html", "<p>Secrets.</p>")
        site.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /private.html\n")
        yield site


@pytest.fixture
def folder_of_files(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "fees.md").write_text("# Fees\n\nThe fee is 12 euros.\n")
    return folder


def test_a_site_becomes_sources(cli: CommandLine, bot: Bot, site: DocsSite) -> None:
    address = f"{site.url}/"
    added = cli.json("source", "add", "--bot", bot.id, address)
    assert [(one["title"], one["url"]) for one in added["sources"]] == [("/", address)]
    added = cli.json("source", "add", "--bot", bot.id, address, "--depth", "1")
    assert [(one["title"], one["unchanged"]) for one in added["sources"]] == [("/", True), ("/baths.html", False)]
    assert (added["failed"], added["pages_passed_over"]) == ([], 2)
    outcome = cli("source", "add", "--bot", bot.id, address, "--depth", "9", "--max-pages", "2")
    assert "2 unchanged" in outcome.out


def test_linked_pdf_files_are_read_and_called_by_their_names(cli: CommandLine, bot: Bot, site: DocsSite) -> None:
    site.put("/", '<a href="price%20list.pdf">x</a>')
    site.pages["/price%20list.pdf"] = Answer(pdf([Text("A ticket costs 12 euros.", 80)]), "application/pdf")
    added = cli.json("source", "add", "--bot", bot.id, f"{site.url}/", "--depth", "1")["sources"]
    assert [(one["title"], one["url"]) for one in added][1:] == [("price list.pdf", f"{site.url}/price%20list.pdf")]
    found = cli.json("search", "--bot", bot.id, "What does a ticket cost?")["passages"]
    assert found[0]["text"] == "A ticket costs 12 euros."


def test_no_private_network_is_asked(
    cli: CommandLine, bot: Bot, site: DocsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHATMOUNT_CRAWL_NETWORKS")
    line = cli.refused("source", "add", "--bot", bot.id, f"{site.url}/")
    assert "is on a private network; CHATMOUNT_CRAWL_NETWORKS can allow it" in line
    assert (cli.json("source", "list", "--bot", bot.id)["sources"], site.asked) == ([], [])


def test_a_site_is_read_again_on_a_schedule_and_everybody_sees_how_it_went(
    cli: CommandLine, bot: Bot, site: DocsSite, installation: Stack, folder_of_files: Path
) -> None:
    cli.json("source", "add", "--bot", bot.id, f"{site.url}/", "--depth", "1")
    cli.json("source", "add", "--bot", bot.id, folder_of_files)
    assert cli.json("source", "counts", "--bot", bot.id)["last_sync"] is None
    site.put("/", '<p>Museums open at 10.</p><a href="/baths.html">x</a>')
    site.pages["/baths.html"].status = 500
    (folder_of_files / "fees.md").write_text("")
    arguments = [CHATMOUNT, "source", "sync", "--bot", bot.id, "--every", "6h", "--json"]
    environment = {**os.environ, "CHATMOUNT_HOME": str(installation.home)}
    with subprocess.Popen(arguments, stdout=PIPE, stderr=PIPE, text=True, env=environment) as reading:
        assert reading.stdout is not None
        first = json.loads(reading.stdout.readline())
        assert reading.poll() is None
        reading.terminate()
        rest, complaints = reading.communicate()
    assert (reading.returncode, rest) == (0, "")
    assert [one["path"] for one in first["failed"]] == [str(folder_of_files / "fees.md"), f"{site.url}/baths.html"]
    assert complaints.startswith("chatmount: 2 of 3 could not be added; the first is ")
    assert cli.json("search", "--bot", bot.id, "When do baths open?")["passages"][0]["text"].startswith(
        "Baths open at 9."
    )
    seen = cli.json("source", "counts", "--bot", bot.id)["last_sync"]
    assert (seen["began_at"], seen["ended_at"]) == (first["began_at"], first["ended_at"])
    assert (seen["every_seconds"], seen["changed"], seen["unchanged"], seen["failed"]) == (21_600, 1, 0, 2)
    file, page = seen["failures"]
    assert page == {"url": f"{site.url}/baths.html", "error": f"{site.url}/baths.html answered with status 500"}
    assert file == {"url": f"{folder_of_files.name}/fees.md", "error": "The file is empty."}
    shown = cli("source", "counts", "--bot", bot.id).out
    assert "1 changed, 2 failed; every 6 hours" in shown
    assert page["error"] in shown
    # By hand there is no schedule; single sources tell nothing of the others.
    cli("source", "sync", "--bot", bot.id)
    assert cli.json("source", "counts", "--bot", bot.id)["last_sync"]["every_seconds"] is None
    before = cli.json("source", "counts", "--bot", bot.id)["last_sync"]
    single = cli.json("source", "list", "--bot", bot.id, "--text", "127.0.0.1")["sources"][0]["id"]
    cli("source", "sync", "--bot", bot.id, single)
    # A run that is broken off is none.
    site.pages["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 30\n")
    asked = len(site.asked)
    with subprocess.Popen(arguments, stdout=PIPE, stderr=PIPE, text=True, env=environment) as reading:
        eventually(lambda: len(site.asked) > asked)
        reading.send_signal(signal.SIGINT)
        ended = reading.communicate(timeout=PATIENCE)
    assert (reading.returncode, *ended) == (0, "", "")
    assert cli.json("source", "counts", "--bot", bot.id)["last_sync"] == before


def test_a_schedule_goes_on_through_a_stack_that_is_away_and_ends_without_its_chatbot(
    cli: CommandLine, tmp_path: Path
) -> None:
    assert "No chatbot 'bot_none'" in cli.refused("source", "sync", "--bot", "bot_none", "--every", "1h")
    assert "is not between 1m and 30d" in cli.refused("source", "sync", "--bot", "b", "--every", "31d", code=2)
    arguments = [CHATMOUNT, "source", "sync", "--bot", "bot_none", "--every", "1h", "--json"]
    environment = {**os.environ, "CHATMOUNT_HOME": str(tmp_path)}
    with subprocess.Popen(arguments, stdout=PIPE, stderr=PIPE, text=True, env=environment) as reading:
        assert reading.stdout is not None
        first = json.loads(reading.stdout.readline())
        reading.send_signal(signal.SIGINT)
        _, complaints = reading.communicate()
    assert reading.returncode == 0
    assert "No Chatmount is running" in first["error"]
    assert complaints == f"chatmount: {first['error']}\n"
