"""A site that was walked before: only what has changed is sent, and what is no page of it any more is told."""

import hashlib
import ipaddress
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import web

from services.cli.crawl.crawl import HTML, Crawl
from services.cli.crawl.fetch import Fetcher, open_fetcher
from services.cli.crawl.findings import Found, Gone, Known, Limits, Missed, Page, Unchanged
from tests.cli.crawl.site import Handler, Site

SITEMAP = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</urlset>"


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with open_fetcher(200_000, [ipaddress.ip_network("127.0.0.1/32")]) as opened:
        yield opened


def page(text: str, *links: str, head: str = "") -> Handler:
    anchors = "".join(f'<a href="{link}">link</a>' for link in links)
    body = f"<html><head>{head}</head><body><p>{text}</p>{anchors}</body></html>"
    # As some servers write it.
    headers = {"etag": f'"{hashlib.sha256(body.encode()).hexdigest()}"'}

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == headers["etag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(text=body, content_type="text/html", headers=headers)

    return answer


async def walk(site: Site, fetcher: Fetcher, known: Sequence[Known] = (), depth: int = 3) -> list[Found]:
    crawl = Crawl(fetcher, HTML, Limits(depth, 50, pause=0), known)
    return [one async for one in crawl.pages(f"{site.url}/")]


async def first_walk(site: Site, fetcher: Fetcher, *, by_sitemap: bool = False) -> list[Known]:
    crawl = Crawl(fetcher, HTML, Limits(3, 50, pause=0))
    kept = [one.known async for one in crawl.pages(f"{site.url}/") if isinstance(one, Page)]
    if by_sitemap:
        assert any(crawl.by_sitemap(one) for one in kept)
    return [
        Known(one.url, one.fetched, one.etag, one.last_modified, one.digest, one.steps, crawl.by_sitemap(one))
        for one in kept
    ]


def told(site: Site, found: Sequence[Found]) -> dict[str, str]:
    return {one.url.removeprefix(site.url): type(one).__name__ for one in found}


async def test_pages_that_have_not_changed_are_not_sent_but_still_lead_to_those_that_have(
    site: Site, fetcher: Fetcher
) -> None:
    site.pages |= {"/": page("home", "/a"), "/a": page("a", "/b"), "/b": page("b")}
    known = await first_walk(site, fetcher)
    assert [one.steps for one in known] == [0, 1, 2]
    site.pages["/b"] = page("changed", "/new")
    site.pages["/new"] = page("new")
    found = await walk(site, fetcher, known)
    assert told(site, found) == {"/": "Unchanged", "/a": "Unchanged", "/b": "Page", "/new": "Page"}
    assert len([request for request in site.asked if request.path == "/b"]) == 2


async def test_what_stands_on_two_pages_is_kept_once_also_when_one_of_them_is_not_sent(
    site: Site, fetcher: Fetcher
) -> None:
    site.pages |= {"/": page("home", "/a"), "/a": page("the same")}
    known = await first_walk(site, fetcher)
    site.pages["/"] = page("changed", "/a", "/copy")
    site.pages["/copy"] = page("the same")
    assert told(site, await walk(site, fetcher, known)) == {"/": "Page", "/a": "Unchanged"}


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        (web.Response(status=404), "Gone"),
        (web.Response(status=410), "Gone"),
        (web.Response(status=500), "Missed"),
        (web.Response(status=403), "Missed"),
        (web.Response(body=b"x", content_type="image/png"), "Missed"),
        (web.Response(status=302, headers={"Location": "/"}), "Gone"),
        (web.Response(status=302, headers={"Location": "http://169.254.169.254/"}), "Missed"),
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
    assert told(site, await walk(site, fetcher, known)) == {"/": "Unchanged", "/b": "Page", "/a": "Gone"}


async def test_who_leaves_the_sitemap_is_gone_only_when_nothing_else_led_there(site: Site, fetcher: Fetcher) -> None:
    def name(*paths: str) -> None:
        urls = "".join(f"<url><loc>{site.url}{path}</loc></url>" for path in paths)
        site.pages["/sitemap.xml"] = web.Response(text=SITEMAP.format(urls), content_type="application/xml")

    name("/lone", "/linked", "/fresh")
    site.pages |= {path: page(path) for path in ("/lone", "/linked", "/fresh")}
    site.pages["/"] = page("home", "/linked")
    known = await first_walk(site, fetcher, by_sitemap=True)
    name()
    site.pages["/"] = page("home, changed", "/linked", "/fresh")
    found = await walk(site, fetcher, known)
    assert told(site, found) == {"/": "Page", "/linked": "Unchanged", "/fresh": "Unchanged", "/lone": "Gone"}
    # A sitemap that can't be had says nothing.
    del site.pages["/sitemap.xml"]
    assert "/lone" not in {one.url for one in await walk(site, fetcher, known) if isinstance(one, Gone)}


async def test_without_the_first_page_nothing_is_said_of_the_others(site: Site, fetcher: Fetcher) -> None:
    site.pages |= {"/": page("home", "/a"), "/a": page("a")}
    known = await first_walk(site, fetcher)
    site.pages.clear()
    (missed,) = await walk(site, fetcher, known)
    assert isinstance(missed, Missed)
    assert missed.asked
    # A single page is all there is of it.
    (gone,) = await walk(site, fetcher, known[:1], depth=0)
    assert isinstance(gone, Gone)


async def test_what_robots_txt_comes_to_forbid_is_not_asked_for_and_not_gone(site: Site, fetcher: Fetcher) -> None:
    site.pages |= {"/": page("home", "/a"), "/a": page("a")}
    known = await first_walk(site, fetcher)
    site.pages["/robots.txt"] = web.Response(text="User-agent: *\nDisallow: /a\n")
    site.asked.clear()
    found = await walk(site, fetcher, known)
    assert told(site, found) == {"/": "Unchanged", "/a": "Missed"}
    assert "/a" not in [request.path for request in site.asked]


async def test_an_address_of_a_private_network_is_not_asked_although_it_was_known(site: Site, fetcher: Fetcher) -> None:
    site.pages["/"] = page("home")
    known = [Known(f"{site.url}/a", "http://169.254.169.254/latest/"), *await first_walk(site, fetcher)]
    assert [type(one) for one in await walk(site, fetcher, known)] == [Unchanged]
