"""A site with all that sites get wrong gives the right pages; a sync keeps them up to date."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.cli.crawl import limits
from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot
from tests.cli.docs_site import HTML, Answer, DocsSite, render_docs, serving

SMILE = "Grüße für den Bäcker kosten fünf Euro."
GONE_STATUS = 410


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, size: Callable[[int], int]) -> Iterator[DocsSite]:
    monkeypatch.setenv("CHATMOUNT_CRAWL_NETWORKS", "127.0.0.1/32")
    monkeypatch.setattr(limits, "REQUEST_PAUSE", 0.0)
    site = DocsSite()
    with serving(site):
        render_docs(site, size(4))
        first, second, *_ = site.docs
        site.put("/", "<p>Everything about Chatmount, on one site.</p>")
        site.link(first, "/private/plans.html", "/old.html", "/loop-a", "/endless", "/metadata")
        site.link("/latin.html", "/lying.html", "/japanese.html", f"{first}?utm_source=mail#top")
        site.link("/print.html", "/mirror.html", "/hidden.html", "/broken", "/nowhere", "/logo", "ftp://x/y")
        site.link("http://169.254.169.254/latest/meta-data/", "http://elsewhere.invalid/")
        site.pages["/robots.txt"] = Answer(
            f"User-agent: *\nDisallow: /private/\nSitemap: {site.url}/sitemap.xml".encode()
        )
        alone = [site.url + path for path in (*site.docs, "/alone.html", "/fallen.html", "/never.html")]
        site.name_in_sitemap(*alone, "http://elsewhere.invalid/x", "file:///etc/passwd")
        site.put("/alone.html", "<p>Only the sitemap leads to this page.</p>")
        site.put("/fallen.html", "<p>This page will leave the sitemap.</p>")
        site.put("/private/plans.html", "<p>Secret plans.</p>")
        site.pages["/old.html"] = Answer(status=301, location=first)
        site.pages["/loop-a"] = Answer(status=302, location="/loop-b")
        site.pages["/loop-b"] = Answer(status=302, location="/loop-a")
        site.pages["/endless"] = Answer(b"<p>", endless=True)
        site.pages["/metadata"] = Answer(status=302, location="http://169.254.169.254/latest/meta-data/")
        site.put("/latin.html", f"<p>{SMILE}</p>", "windows-1252", "text/html", '<meta charset="windows-1252">')
        site.put("/lying.html", "<p>Où est la forêt près de l'hôtel ?</p>", "windows-1252", HTML)
        site.put("/japanese.html", "<p>お茶は五百円です。</p>", "shift_jis", "text/html; charset=shift_jis")
        site.put("/print.html", "<p>For print.</p>", head=f'<link rel="canonical" href="{first}">')
        site.pages["/mirror.html"] = site.pages[second]
        site.put("/hidden.html", "<p>Not for robots.</p>", head='<meta name="robots" content="noindex">')
        site.pages["/broken"] = Answer(b"<p>Oh no.</p>", status=500)
        site.pages["/logo"] = Answer(b"\x89PNG", "image/png")
        yield site


def right_pages(site: DocsSite) -> set[str]:
    others = ("/", "/alone.html", "/fallen.html", "/latin.html", "/lying.html", "/japanese.html")
    return {site.url + path for path in (*site.docs, *others)}


def urls(rows: list[dict[str, Any]]) -> set[str]:
    return {row["url"] for row in rows}


def test_a_site_ends_with_exactly_the_right_pages_and_stays_right(cli: CommandLine, bot: Bot, site: DocsSite) -> None:
    added = cli.json("source", "add", "--bot", bot.id, f"{site.url}/", "--depth", "5")
    assert urls(added["sources"]) == right_pages(site)
    assert added["failed"] == []
    assert added["pages_passed_over"] >= 9
    assert not any(path.startswith("/private") for path, _ in site.asked)
    for question, words in (("Bäcker Grüße", SMILE), ("forêt hôtel", "forêt près"), ("お茶", "お茶は五百円")):
        found = cli.json("search", "--bot", bot.id, question)["passages"]
        assert any(words in passage["text"] for passage in found), question

    # Nothing has changed: no page is sent again.
    site.asked.clear()
    again = cli.json("source", "sync", "--bot", bot.id)
    assert urls(again["sources"]) == right_pages(site)
    assert all(one["unchanged"] for one in again["sources"])
    assert (again["failed"], again["gone"], again["unknown"]) == ([], [], [])
    sent = {path for path, status in site.asked if status == 200 and path not in ("/robots.txt", "/sitemap.xml")}
    assert {site.url + path for path in sent} & right_pages(site) == set()

    # A page is changed, one is new, one is gone, one has left the sitemap, one moves, one fails for a while.
    site.put("/alone.html", '<p>Only the sitemap leads to this page about walruses.</p><a href="/new.html">new</a>')
    site.put("/new.html", "<p>Narwhals are new here.</p>")
    site.pages["/latin.html"] = Answer(status=GONE_STATUS)
    site.pages[site.docs[1]] = Answer(status=500)
    site.pages["/lying.html"] = Answer(status=301, location="/true.html")
    site.put("/true.html", "<p>The forest is near.</p>")
    site.name_in_sitemap(*(site.url + path for path in (*site.docs, "/alone.html", "/new.html")))
    synced = cli("source", "sync", "--bot", bot.id, "--json")
    assert synced.code == 1
    value = json.loads(synced.out)
    assert {one["url"] for one in value["sources"] if not one["unchanged"]} == {
        site.url + path for path in ("/alone.html", "/new.html", "/true.html")
    }
    assert [(one["path"], "status 500" in one["error"]) for one in value["failed"]] == [
        (f"{site.url}{site.docs[1]}", True)
    ]
    assert urls(value["gone"]) == {site.url + path for path in ("/latin.html", "/fallen.html", "/lying.html")}
    assert not any(one["removed"] for one in value["gone"])
    assert urls(cli.json("source", "list", "--bot", bot.id)["sources"]) >= urls(value["gone"])

    shown = cli("source", "sync", "--bot", bot.id, "--prune")
    assert "3 removed" in shown.out
    site.pages[site.docs[1]] = site.pages["/mirror.html"]
    left = urls(cli.json("source", "sync", "--bot", bot.id)["sources"])
    assert left == urls(cli.json("source", "list", "--bot", bot.id)["sources"])
    assert left == (right_pages(site) - urls(value["gone"])) | {f"{site.url}/new.html", f"{site.url}/true.html"}
    assert "walruses" in cli.json("search", "--bot", bot.id, "walruses")["passages"][0]["text"]


def test_single_pages_are_read_again_alone(cli: CommandLine, bot: Bot, site: DocsSite) -> None:
    added = cli.json("source", "add", "--bot", bot.id, f"{site.url}/", "--depth", "1", "--max-pages", "4")["sources"]
    page = next(one for one in added if one["url"] == f"{site.url}/")
    site.put("/", "<p>Everything is about walruses now.</p>")
    site.asked.clear()
    synced = cli.json("source", "sync", "--bot", bot.id, page["id"])
    assert [(one["id"], one["unchanged"]) for one in synced["sources"]] == [(page["id"], False)]
    assert [path for path, _ in site.asked] == ["/robots.txt", "/"]
    (listed,) = (one for one in cli.json("source", "list", "--bot", bot.id)["sources"] if one["id"] == page["id"])
    # It still belongs to the site that it was found on.
    assert (listed["origin"]["depth"], listed["origin"]["max_pages"]) == (1, 4)


def test_a_site_that_is_away_loses_no_page(cli: CommandLine, bot: Bot, site: DocsSite) -> None:
    added = cli.json("source", "add", "--bot", bot.id, f"{site.url}/", "--depth", "1", "--max-pages", "5")["sources"]
    site.pages.clear()
    assert "status 404" in cli.refused("source", "sync", "--bot", bot.id, "--prune")
    assert len(cli.json("source", "list", "--bot", bot.id)["sources"]) == len(added)
