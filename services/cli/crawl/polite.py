"""Requests to one site, as slowly as it asks, and only for what its robots.txt allows."""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping

from services.cli.crawl.fetch import CanNotFetch, Fetched, Fetcher
from services.cli.crawl.links import same_site
from services.cli.crawl.robots import EVERYTHING, NOTHING, parse_robots
from services.cli.crawl.sitemap import read_sitemap
from services.urls import WebUrl

SITEMAPS = 20


class PoliteFetcher:
    """Fetches pages of a site.

    `pause`: seconds between two requests, where its robots.txt asks for no more.
    """

    def __init__(self, fetcher: Fetcher, pause: float) -> None:
        self._fetcher = fetcher
        self._pause = pause
        self._robots = EVERYTHING
        self.requests = 0

    async def fetch(
        self, url: WebUrl, media_types: Collection[str] = (), headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """See `Fetcher.fetch`; whether the page is allowed is not asked."""
        if self.requests:
            await asyncio.sleep(max(self._pause, self._robots.delay))
        self.requests += 1
        return await self._fetcher.fetch(str(url), media_types, headers)

    def check(self, url: WebUrl) -> None:
        """CanNotFetch for a page that the site's robots.txt does not allow."""
        if not self._robots.allows(url):
            raise CanNotFetch("the site's robots.txt does not allow it")

    async def read_robots(self, site: WebUrl) -> None:
        """Takes over the rules of a site. CanNotFetch when it does not answer at all."""
        try:
            self._robots = parse_robots((await self.fetch(site.at("/robots.txt"))).content)
        except CanNotFetch as error:
            if error.status is None:
                raise
            # A site without rules allows all. One in trouble may have rules.
            self._robots = EVERYTHING if 400 <= error.status < 500 else NOTHING

    async def read_sitemaps(self, site: WebUrl) -> list[WebUrl] | None:
        """The pages of a site that its sitemaps name, in order; None when it has no sitemap."""
        waiting = deque([*self._robots.sitemaps, site.at("/sitemap.xml")])
        seen: set[WebUrl] = set()
        pages: list[WebUrl] | None = None
        while waiting and len(seen) < SITEMAPS:
            url = waiting.popleft()
            if url in seen or not same_site(url, site):
                continue
            seen.add(url)
            try:
                sitemap = read_sitemap((await self.fetch(url)).content)
            except CanNotFetch:
                continue
            waiting += sitemap.sitemaps
            pages = [*(pages or ()), *(page for page in sitemap.pages if same_site(page, site))]
        return pages
