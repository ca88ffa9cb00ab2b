"""A site on loopback becomes sources, as an operator adds it."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.cli.conftest import Bot, CommandLine
from tests.retrieval.ingest.extraction.pdf_files import Text, pdf

HTML = "<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{title} open at 9.</p>{links}</body></html>"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "www"
    folder.mkdir()
    links = "".join(f'<a href="/{name}">x</a>' for name in ("baths.html", "gone.html", "private.html"))
    (folder / "index.html").write_text(HTML.format(title="Museums", links=links))
    (folder / "baths.html").write_text(HTML.format(title="Baths", links='<a href="/zoos.html">x</a>'))
    (folder / "zoos.html").write_text(HTML.format(title="Zoos", links=""))
    (folder / "private.html").write_text(HTML.format(title="Secrets", links=""))
    (folder / "robots.txt").write_text("User-agent: *\nDisallow: /private.html\n")
    return folder


@pytest.fixture
def site(pages: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(pages)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_site_becomes_sources(cli: CommandLine, bot: Bot, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATMOUNT_CRAWL_NETWORKS", "127.0.0.1/32")
    added = cli.json("source", "add", "--bot", bot.id, site)
    assert [(one["title"], one["url"]) for one in added["sources"]] == [("Museums", site)]
    added = cli.json("source", "add", "--bot", bot.id, site, "--depth", "1")
    assert [(one["title"], one["unchanged"]) for one in added["sources"]] == [("Museums", True), ("Baths", False)]
    assert (added["failed"], added["pages_passed_over"]) == ([], 2)
    outcome = cli("source", "add", "--bot", bot.id, site, "--depth", "9", "--max-pages", "2")
    assert "2 unchanged" in outcome.out
    assert "a single file" in cli.refused("source", "add", "--bot", bot.id, site, "--title", "X", code=2)


def test_linked_pdf_files_are_read_and_called_by_their_names(
    cli: CommandLine, bot: Bot, site: str, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pages / "index.html").write_text(HTML.format(title="Museums", links='<a href="price%20list.pdf">x</a>'))
    (pages / "price list.pdf").write_bytes(pdf([Text("A ticket costs 12 euros.", 80)]))
    monkeypatch.setenv("CHATMOUNT_CRAWL_NETWORKS", "127.0.0.1/32")
    added = cli.json("source", "add", "--bot", bot.id, site, "--depth", "1")["sources"]
    assert [(one["title"], one["url"]) for one in added] == [
        ("Museums", site),
        ("price list.pdf", f"{site}price%20list.pdf"),
    ]
    found = cli.json("search", "--bot", bot.id, "What does a ticket cost?")["passages"]
    assert found[0]["text"] == "A ticket costs 12 euros."


def test_no_private_network_is_asked(cli: CommandLine, bot: Bot, site: str) -> None:
    line = cli.refused("source", "add", "--bot", bot.id, site)
    assert "is on a private network; CHATMOUNT_CRAWL_NETWORKS can allow it" in line
    assert cli.json("source", "list", "--bot", bot.id)["sources"] == []
