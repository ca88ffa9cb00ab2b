"""A site on loopback becomes sources, as an operator adds it."""

from collections.abc import Iterator

import pytest

from services.cli.crawl import limits
from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot
from tests.cli.docs_site import Answer, DocsSite, serving
from tests.retrieval.ingest.extraction.pdf_files import Text, pdf


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
