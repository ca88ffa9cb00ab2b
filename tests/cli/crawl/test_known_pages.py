"""A site that was walked before: only what has changed or gone is told."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from aiohttp import web

from services.cli.crawl.crawl import Crawl
from services.cli.crawl.fetch import Fetcher
from services.cli.crawl.limits import CrawlLimits
from services.cli.crawl.results import CrawledPage, CrawlResult, GonePage, PageState, SkippedPage, UnchangedPage
from services.file_kinds import FILE_KINDS
from tests.cli.crawl.site import Handler, Site, page

SITEMAP = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</urlset>"

HTML = FILE_KINDS["html"].media_types


async def walk(site: Site, fetcher: Fetcher, known: Sequence[PageState] = (), depth: int = 3) -> list[CrawlResult]:
    crawl = Crawl(fetcher, HTML, CrawlLimits(depth, 50, pause=0), known)
    return [one async for one in crawl.pages(f"{site.url}/")]


async def first_walk(site: Site, fetcher: Fetcher) -> list[PageState]:
    crawl = Crawl(fetcher, HTML, CrawlLimits(3, 50, pause=0))
    kept = [one.state async for one in crawl.pages(f"{site.url}/") if isinstance(one, CrawledPage)]
    return [replace(one, by_sitemap=crawl.by_sitemap(one)) for one in kept]


def told(site: Site, results: Sequence[CrawlResult]) -> dict[str, str]:
    return {one.url.removeprefix(site.url): type(one).__name__.removesuffix("Page") for one in results}


async def test_pages_that_have_not_changed_are_not_sent_but_still_lead_to_those_that_have(
    site: Site, fetcher: Fetcher
) -> None:
    site.pages |= {"/": page("home", "/a"), "/a": page("a", "/b"), "/b": page("b")}
    known = await first_walk(site, fetcher)
    assert [one.steps for one in known] == [0, 1, 2]
    site.pages["/b"] = page("changed", "/new")
    site.pages["/new"] = page("new")
    found = await walk(site, fetcher, known)
    assert told(site, found) == {
        "/": "Unchanged",
        "/a": "Unchanged",
        "/b": "Crawled",
        "/new": "Crawled",
    }
    assert len([request for request in site.asked if request.path == "/b"]) == 2


async def test_what_stands_on_two_pages_is_kept_once_also_when_one_of_them_is_not_sent(
    site: Site, fetcher: Fetcher
) -> None:
    site.pages |= {"/": page("home", "/a"), "/a": page("the same")}
    known = await first_walk(site, fetcher)
    site.pages["/"] = page("changed", "/a", "/copy")
    site.pages["/copy"] = page("the same")
    assert told(site, await walk(site, fetcher, known)) == {"/": "Crawled", "/a": "Unchanged"}


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        (web.Response(status=404), "Gone"),
        (web.Response(status=410), "Gone"),
        (web.Response(status=500), "Skipped"),
        (web.Response(status=403), "Skipped"),
        (web.Response(body=b"x", content_type="image/png"), "Skipped"),
        (web.Response(status=302, headers={"Location": "/"}), "Gone"),
        (web.Response(status=302, headers={"Location": "http://169.254.169.254/"}), "Skipped"),
        (page("a", head='<meta name="robots" content="noindex">'), "Gone"),
        (page("a", head='<link rel="canonical" href="/">'), "Gone"),
    ],
)
async def test_what_is_no_page_any_more_is_gone_and_what_may_come_back_is_not(
    site: Site, fetcher: Fetcher, now: web.Response | Handler, outcome: str
) -> None:
    site.pages |= {"/": page("home", "/a"), "/a": page("a")}
    known = await first_walk(site, fetcher)
    site.pages["/a"] = now
    found = told(site, await walk(site, fetcher, known))
    assert (found["/"], found["/a"]) == ("Unchanged", outcome)


async def test_a_page_that_moved_is_found_where_it_is(site: Site, fetcher: Fetcher) -> None:
    site.pages |= {"/": page("home", "/a"), "/a": page("a")}
    known = await first_walk(site, fetcher)
    site.redirect("/a", "/b", 301)
    site.pages["/b"] = page("a, more of it")
    assert told(site, await walk(site, fetcher, known)) == {"/": "Unchanged", "/b": "Crawled", "/a": "Gone"}


async def test_who_leaves_the_sitemap_is_gone_only_when_nothing_else_led_there(site: Site, fetcher: Fetcher) -> None:
    def name(*paths: str) -> None:
        urls = "".join(f"<url><loc>{site.url}{path}</loc></url>" for path in paths)
        site.pages["/sitemap.xml"] = web.Response(text=SITEMAP.format(urls), content_type="application/xml")

    name("/lone", "/linked", "/fresh")
    site.pages |= {path: page(path) for path in ("/lone", "/linked", "/fresh")}
    site.pages["/"] = page("home", "/linked")
    known = await first_walk(site, fetcher)
    assert any(one.by_sitemap for one in known)
    name()
    site.pages["/"] = page("home, changed", "/linked", "/fresh")
    found = await walk(site, fetcher, known)
    assert told(site, found) == {
        "/": "Crawled",
        "/linked": "Unchanged",
        "/fresh": "Unchanged",
        "/lone": "Gone",
    }
    # A sitemap that can't be had says nothing.
    del site.pages["/sitemap.xml"]
    assert "/lone" not in {one.url for one in await walk(site, fetcher, known) if isinstance(one, GonePage)}


async def test_without_the_first_page_nothing_is_said_of_the_others(site: Site, fetcher: Fetcher) -> None:
    site.pages |= {"/": page("home", "/a"), "/a": page("a")}
    known = await first_walk(site, fetcher)
    site.pages.clear()
    (missed,) = await walk(site, fetcher, known)
    assert isinstance(missed, SkippedPage)
    assert missed.is_start
    # A single page is all there is of it.
    (gone,) = await walk(site, fetcher, known[:1], depth=0)
    assert isinstance(gone, GonePage)


async def test_what_robots_txt_comes_to_forbid_is_not_asked_for_and_not_gone(site: Site, fetcher: Fetcher) -> None:
    site.pages |= {"/": page("home", "/a"), "/a": page("a")}
    known = await first_walk(site, fetcher)
    site.pages["/robots.txt"] = web.Response(text="User-agent: *\nDisallow: /a\n")
    site.asked.clear()
    found = await walk(site, fetcher, known)
    assert told(site, found) == {"/": "Unchanged", "/a": "Skipped"}
    assert "/a" not in [request.path for request in site.asked]


async def test_an_address_of_a_private_network_is_not_asked_although_it_was_known(site: Site, fetcher: Fetcher) -> None:
    site.pages["/"] = page("home")
    known = [PageState(f"{site.url}/a", "http://169.254.169.254/latest/"), *await first_walk(site, fetcher)]
    assert [type(one) for one in await walk(site, fetcher, known)] == [UnchangedPage]
