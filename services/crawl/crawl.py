"""A site, page by page: from one URL along its links and sitemaps, as far as it lets us."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from yarl import URL

from services.crawl.fetch import CanNotFetch, Fetched, Fetcher, checked_url
from services.crawl.links import normal, read_links, same_site
from services.crawl.robots import EVERYTHING, NOTHING, Robots, parse_robots
from services.crawl.sitemap import read_sitemap

HTML = ("text/html", "application/xhtml+xml")
REQUEST_PAUSE = 0.2
"""Seconds between two requests to a site that names no delay of its own."""

REQUESTS_PER_PAGE = 10
SITEMAPS = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """`depth`: how many links away from the first page (0: that page alone); `pages`: how many at most."""

    depth: int = 0
    pages: int = 100
    pause: float = REQUEST_PAUSE


@dataclass(frozen=True, slots=True)
class Page:
    """A page to keep. `url` is the one that it wants to be known by."""

    url: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Missed:
    """A page that is not kept, and why in one line. `asked`: it is the very page that was asked for."""

    url: str
    reason: str
    asked: bool


class Crawl:
    """One walk over one site; the site is that of the first page, after redirects."""

    def __init__(self, fetcher: Fetcher, media_types: Collection[str], limits: Limits) -> None:
        self._fetcher = fetcher
        self._media_types = media_types
        self._limits = limits
        self._robots = EVERYTHING
        self._site: URL | None = None
        self._seen: set[URL] = set()
        self._kept: set[object] = set()
        self._waiting: deque[tuple[URL, int]] = deque()
        self._requests = 0

    async def pages(self, start: str) -> AsyncIterator[Page | Missed]:
        """Pages in the order of their distance, each once, by its canonical URL and by its content."""
        try:
            first = normal(checked_url(start))
            self._robots = await self._read_robots(first)
        except CanNotFetch as error:
            yield Missed(start, str(error), asked=True)
            return
        self._waiting.append((first, 0))
        self._seen.add(first)
        pages = 0
        while self._waiting and pages < self._limits.pages and self._requests < self._limits.pages * REQUESTS_PER_PAGE:
            url, depth = self._waiting.popleft()
            for found in await self._visit(url, depth, asked=url == first):
                pages += isinstance(found, Page)
                yield found

    async def _visit(self, url: URL, depth: int, *, asked: bool) -> list[Page | Missed]:
        try:
            if not self._robots.allows(url.raw_path_qs):
                raise CanNotFetch("the site's robots.txt does not allow it")
            fetched = await self._fetch(url, self._media_types)
            final = normal(URL(fetched.url))
            if asked and not same_site(final, url):
                self._robots = await self._read_robots(final)
            self._site = final if asked else self._site
            if self._site is None or not same_site(final, self._site):
                raise CanNotFetch(f"it leads to another site ({final.host})")
            if final != url and not self._robots.allows(final.raw_path_qs):
                raise CanNotFetch("the site's robots.txt does not allow it")
        except CanNotFetch as error:
            return [Missed(str(url), str(error), asked)]
        if asked and self._limits.depth:
            await self._read_sitemaps(final)
        return self._keep(fetched, final, depth, asked=asked)

    def _keep(self, fetched: Fetched, final: URL, depth: int, *, asked: bool) -> list[Page | Missed]:
        self._seen.add(final)
        canonical, may_be_indexed = final, True
        if fetched.media_type.partition(";")[0].strip().lower() in HTML:
            links = read_links(final, fetched.content, fetched.headers.get("X-Robots-Tag", ""))
            canonical, may_be_indexed = links.canonical, links.may_be_indexed
            if depth < self._limits.depth:
                for link in links.links:
                    self._enqueue(link, depth + 1)
        if not may_be_indexed:
            return [Missed(str(final), "it asks not to be indexed", asked)]
        digest = hashlib.sha256(fetched.content).digest()
        if canonical in self._kept or digest in self._kept:
            return []
        self._kept |= {canonical, digest}
        return [Page(str(canonical), fetched.media_type, fetched.content)]

    def _enqueue(self, url: URL, depth: int) -> None:
        if url not in self._seen and len(self._seen) < self._limits.pages * REQUESTS_PER_PAGE:
            self._seen.add(url)
            self._waiting.append((url, depth))

    async def _read_sitemaps(self, site: URL) -> None:
        waiting = [URL(text) for text in self._robots.sitemaps if text.startswith(("http://", "https://"))]
        waiting.append(site.with_path("/sitemap.xml").with_query(None))
        seen: set[URL] = set()
        while waiting and len(seen) < SITEMAPS:
            url = waiting.pop(0)
            if url in seen or not same_site(url, site):
                continue
            seen.add(url)
            try:
                sitemap = read_sitemap((await self._fetch(url, ())).content)
            except CanNotFetch:
                continue  # a site need not have one
            waiting += sitemap.sitemaps
            for page in sitemap.pages:
                if same_site(page, site):
                    self._enqueue(normal(page), self._limits.depth)

    async def _read_robots(self, url: URL) -> Robots:
        try:
            fetched = await self._fetch(url.with_path("/robots.txt").with_query(None), ())
        except CanNotFetch as error:
            # Who has no rules allows all. Who has trouble may have rules.
            return EVERYTHING if error.status is not None and 400 <= error.status < 500 else self._no_rules(error)
        return parse_robots(fetched.content)

    def _no_rules(self, error: CanNotFetch) -> Robots:
        if error.status is None:
            raise error
        return NOTHING

    async def _fetch(self, url: URL, media_types: Collection[str]) -> Fetched:
        if self._requests:
            await asyncio.sleep(max(self._limits.pause, self._robots.delay))
        self._requests += 1
        return await self._fetcher.fetch(str(url), media_types)
