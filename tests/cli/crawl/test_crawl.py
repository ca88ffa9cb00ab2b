"""A small site with everything that sites get wrong ends in exactly the right pages."""

import pytest
from aiohttp import web

from services.cli.crawl.crawl import Crawl
from services.cli.crawl.fetch import Fetcher
from services.cli.crawl.limits import CrawlLimits
from services.cli.crawl.results import CrawledPage, SkippedPage
from services.file_kinds import FILE_KINDS
from tests.cli.crawl.site import Site, page

TYPES = (*FILE_KINDS["html"].media_types, "text/plain")


async def walk(
    site: Site, fetcher: Fetcher, depth: int = 3, pages: int = 50, path: str = "/"
) -> tuple[list[str], list[SkippedPage]]:
    crawl = Crawl(fetcher, TYPES, CrawlLimits(depth, pages, pause=0))
    found = [one async for one in crawl.pages(site.url + path)]
    kept = [one.url.removeprefix(site.url) for one in found if isinstance(one, CrawledPage)]
    return kept, [one for one in found if isinstance(one, SkippedPage)]


async def test_one_page_is_one_page(site: Site, fetcher: Fetcher) -> None:
    site.pages["/"] = page("home", "/a")
    site.pages["/a"] = page("a")
    assert await walk(site, fetcher, depth=0) == (["/"], [])
    assert [request.path for request in site.asked] == ["/robots.txt", "/"]


async def test_links_are_followed_as_deep_as_asked_and_no_page_comes_twice(site: Site, fetcher: Fetcher) -> None:
    site.pages["/"] = page(
        "home", "/a", "/a#part", "/a?utm_source=x", "b", "//other.example/", "mailto:x@y.z", "/i.png"
    )
    site.pages["/a"] = page("a", "/deep", "/")
    site.pages["/b"] = page("b", "/b-again", "/canon?x=1")
    site.pages["/b-again"] = page("b", "/b-again", "/canon?x=1")
    site.pages["/canon"] = page("c", head='<link rel="canonical" href="/c">')
    site.pages["/deep"] = page("deep", "/deeper")
    site.pages["/deeper"] = page("deeper")
    kept, missed = await walk(site, fetcher, depth=2)
    assert (kept, missed) == (["/", "/a", "/b", "/deep", "/c"], [])
    assert "/i.png" not in [request.path for request in site.asked]


async def test_what_the_site_does_not_allow_is_left_alone(site: Site, fetcher: Fetcher) -> None:
    site.pages["/robots.txt"] = web.Response(text="User-agent: *\nDisallow: /private\n")
    site.pages["/"] = page("home", "/private/x", "/way", "/noindex", "/nofollow")
    site.redirect("/way", "/private/y")
    site.pages["/private/x"] = site.pages["/private/y"] = page("secret")
    site.pages["/noindex"] = page("hidden", "/found", head='<meta name="ROBOTS" content="noindex">')
    site.pages["/found"] = page("found")
    site.pages["/nofollow"] = page("end", "/unseen", head='<meta name="robots" content="nofollow">')
    site.pages["/unseen"] = page("unseen")
    kept, missed = await walk(site, fetcher)
    assert kept == ["/", "/nofollow", "/found"]
    assert len(missed) == 3
    assert "/private/x" not in [request.path for request in site.asked]
    assert await walk(site, fetcher, path="/private/x") == (
        [],
        [SkippedPage(f"{site.url}/private/x", "the site's robots.txt does not allow it", is_start=True)],
    )


@pytest.mark.parametrize(("status", "kept"), [(404, ["/"]), (403, ["/"]), (500, []), (503, [])])
async def test_a_robots_txt_that_fails_allows_nothing_and_one_that_is_not_there_all(
    site: Site, fetcher: Fetcher, status: int, kept: list[str]
) -> None:
    site.pages["/robots.txt"] = web.Response(status=status)
    site.pages["/"] = page("home")
    assert (await walk(site, fetcher))[0] == kept


async def test_pages_that_only_the_sitemap_names_are_found(site: Site, fetcher: Fetcher) -> None:
    site.pages["/robots.txt"] = web.Response(text=f"Sitemap: {site.url}/maps.xml")
    index = f"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap><loc>{site.url}/one.xml</loc>"
    site.pages["/maps.xml"] = web.Response(text=f"{index}</sitemap></sitemapindex>", content_type="application/xml")
    urls = "".join(
        f"<url><loc>{one}</loc></url>" for one in (f"{site.url}/lone", "http://other.example/x", "file:///x")
    )
    hostile = "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
    site.pages["/one.xml"] = web.Response(text=f"{hostile}<urlset>{urls}<url><loc>&e;</loc></url></urlset>")
    site.pages["/"] = page("home")
    site.pages["/lone"] = page("lone")
    assert await walk(site, fetcher, depth=1) == (["/", "/lone"], [])


async def test_a_site_without_an_end_ends(site: Site, fetcher: Fetcher) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        number = int(request.query.get("n", "0"))
        return await page(f"page {number}", *(f"/?n={number * 10 + one}" for one in range(1, 10)))(request)

    site.pages["/"] = endless
    kept, _ = await walk(site, fetcher, depth=1000, pages=20)
    assert len(kept) == 20


async def test_a_page_that_is_not_there_is_told(site: Site, fetcher: Fetcher) -> None:
    kept, missed = await walk(site, fetcher, path="/nowhere")
    assert kept == []
    assert [(one.is_start, "status 404" in one.reason) for one in missed] == [(True, True)]


async def test_urls_are_asked_for_as_they_are_written(site: Site, fetcher: Fetcher) -> None:
    paths = ["/?x", "/?x=", "/a%2Fb", "/a%3Bb;c", "/?a+b%20c&d[]=%2B", "/a//b", "/caf%C3%A9?%C3%A9"]
    links = [*paths[:-1], "/café?é", "HTTP://127.0.0.1:80/", "/%7Eada/../%61%2fb"]
    site.pages["/"] = page("home", *links)
    for number, path in enumerate(["/a/b", "/a;b;c", "/a//b", "/café"]):
        site.pages[path] = page(f"page {number}")
    await walk(site, fetcher, depth=1)
    asked = [request.raw_path for request in site.asked][3:]
    assert asked == paths
