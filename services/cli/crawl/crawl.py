"""A site, page by page: from one URL along its links and sitemaps, as far as it lets us."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from services.cli.crawl.fetch import CanNotFetch, Fetched, Fetcher, checked_url
from services.cli.crawl.findings import Found, Gone, Known, Limits, Missed, Page, Unchanged
from services.cli.crawl.links import normal, read_links, same_site
from services.cli.crawl.robots import EVERYTHING, NOTHING, Robots, parse_robots
from services.cli.crawl.sitemap import read_sitemap
from services.urls import WebUrl

HTML = ("text/html", "application/xhtml+xml")
REQUESTS_PER_PAGE = 10
SITEMAPS = 20
NOT_MODIFIED = 304
LONGEST_STATE = 512


class Crawl:
    """One walk over one site; the site is that of the first page, after redirects.

    `known`: pages of an earlier walk. They are asked for again, each only if it has changed.
    """

    def __init__(
        self, fetcher: Fetcher, media_types: Collection[str], limits: Limits, known: Sequence[Known] = ()
    ) -> None:
        self._fetcher = fetcher
        self._media_types = media_types
        self._limits = limits
        self._robots = EVERYTHING
        self._site: WebUrl | None = None
        self._seen: set[WebUrl] = set()
        self._kept: set[object] = set()
        self._waiting: deque[tuple[WebUrl, int]] = deque()
        self._requests = 0
        self._known = {normal(WebUrl.parse(one.fetched)): one for one in known}
        self._linked: set[WebUrl] = set()
        self._named: set[WebUrl] | None = None
        self._doubtful: list[Known] = []

    def by_sitemap(self, known: Known) -> bool:
        """Whether only the sitemap led to a page, as far as this walk can tell now that it has ended."""
        url = normal(WebUrl.parse(known.fetched))
        return url in (self._named or ()) and url not in self._linked

    async def pages(self, start: str) -> AsyncIterator[Found]:
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
                pages += isinstance(found, Page | Unchanged)
                yield found
        for one in self._doubtful:
            if normal(WebUrl.parse(one.fetched)) not in self._seen:
                yield Gone(one.url, "the site's sitemap does not name it any more")

    async def _visit(self, url: WebUrl, depth: int, *, asked: bool) -> list[Found]:
        known = self._known.get(url)
        try:
            if not self._robots.allows(url):
                raise CanNotFetch("the site's robots.txt does not allow it")
            fetched = await self._fetch(url, self._media_types, known.conditions() if known else {})
            final = normal(WebUrl.parse(fetched.url))
            if asked and not same_site(final, url):
                self._robots = await self._read_robots(final)
            self._site = final if asked else self._site
            if self._site is None or not same_site(final, self._site):
                raise CanNotFetch(f"it leads to another site ({final.host})")
            if final != url and not self._robots.allows(final):
                raise CanNotFetch("the site's robots.txt does not allow it")
        except CanNotFetch as error:
            # Without its first page nothing is known of a site; a single page is all there is of it.
            if known and error.status in (404, 410) and not (asked and self._limits.depth):
                return [Gone(known.url, str(error))]
            return [Missed(str(url), str(error), asked)]
        if asked and self._limits.depth:
            await self._read_sitemaps(final)
        if asked:
            self._look_again(final)
        found = self._unchanged(known, fetched) or self._keep(fetched, final, depth, asked=asked)
        if known is None or normal(WebUrl.parse(known.url)) in self._kept:
            return found
        reasons = [one.reason for one in found if isinstance(one, Missed)]
        why = reasons[0] if reasons else f"it leads to {final}" if final != url else "another page stands for it"
        return [*(one for one in found if isinstance(one, Page)), Gone(known.url, why)]

    def _look_again(self, first: WebUrl) -> None:
        for url, one in self._known.items():
            # That the start leads to a known page does not make it one that was asked for again.
            if url == first or not same_site(url, first):
                continue
            if one.by_sitemap and self._named is not None and url not in self._named:
                self._doubtful.append(one)
            else:
                self._enqueue(url, one.steps)

    def _unchanged(self, known: Known | None, fetched: Fetched) -> list[Found]:
        if known is None or fetched.status != NOT_MODIFIED:
            return []
        self._kept |= {normal(WebUrl.parse(known.url)), known.digest}
        return [Unchanged(known.url)]

    def _keep(self, fetched: Fetched, final: WebUrl, depth: int, *, asked: bool) -> list[Found]:
        self._seen.add(final)
        canonical, may_be_indexed = final, True
        if fetched.media_type.partition(";")[0].strip().lower() in HTML:
            robots = fetched.headers.get("X-Robots-Tag", "")
            links = read_links(final, fetched.content, robots, fetched.media_type)
            canonical, may_be_indexed = links.canonical, links.may_be_indexed
            self._linked.update(links.links)
            if depth < self._limits.depth:
                for link in links.links:
                    self._enqueue(link, depth + 1)
        if not may_be_indexed:
            return [Missed(str(final), "it asks not to be indexed", asked)]
        digest = hashlib.sha256(fetched.content).hexdigest()
        if canonical in self._kept or digest in self._kept:
            return []
        self._kept |= {canonical, digest}
        etag, last_modified = (_short(fetched.headers.get(name, "")) for name in ("ETag", "Last-Modified"))
        known = Known(str(canonical), str(final), etag, last_modified, digest, depth)
        return [Page(known, fetched.media_type, fetched.content)]

    def _enqueue(self, url: WebUrl, depth: int) -> None:
        if url not in self._seen and len(self._seen) < self._limits.pages * REQUESTS_PER_PAGE:
            self._seen.add(url)
            self._waiting.append((url, depth))

    async def _read_sitemaps(self, site: WebUrl) -> None:
        waiting = list(self._robots.sitemaps)
        waiting.append(site.at("/sitemap.xml"))
        seen: set[WebUrl] = set()
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
            self._named = self._named or set()
            for page in sitemap.pages:
                if same_site(page, site):
                    self._named.add(normal(page))
                    self._enqueue(normal(page), self._limits.depth)

    async def _read_robots(self, url: WebUrl) -> Robots:
        try:
            fetched = await self._fetch(url.at("/robots.txt"), ())
        except CanNotFetch as error:
            # Who has no rules allows all. Who has trouble may have rules.
            return EVERYTHING if error.status is not None and 400 <= error.status < 500 else self._no_rules(error)
        return parse_robots(fetched.content)

    def _no_rules(self, error: CanNotFetch) -> Robots:
        if error.status is None:
            raise error
        return NOTHING

    async def _fetch(
        self, url: WebUrl, media_types: Collection[str], headers: Mapping[str, str] | None = None
    ) -> Fetched:
        if self._requests:
            await asyncio.sleep(max(self._limits.pause, self._robots.delay))
        self._requests += 1
        return await self._fetcher.fetch(str(url), media_types, headers)


def _short(state: str) -> str:
    # What is longer is given back to nobody: it would have to be kept with the source. Other characters can't be sent.
    return state if len(state) <= LONGEST_STATE and state.isascii() and state.isprintable() else ""
