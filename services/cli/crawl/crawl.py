"""A site, page by page: from one URL along its links and sitemaps, as far as it lets us."""

import hashlib
from collections import deque
from collections.abc import AsyncIterator, Collection, Sequence

from services.cli.crawl.fetch import CanNotFetch, Fetched, Fetcher, checked_url
from services.cli.crawl.limits import CrawlLimits
from services.cli.crawl.links import normal, read_links, same_site
from services.cli.crawl.polite import PoliteFetcher
from services.cli.crawl.results import CrawledPage, CrawlResult, GonePage, PageState, SkippedPage, UnchangedPage
from services.file_kinds import FILE_KINDS, essence_of
from services.urls import WebUrl

REQUESTS_PER_PAGE = 10
NOT_MODIFIED = 304
LONGEST_STATE = 512


class Crawl:
    """One walk over one site; the site is that of the first page, after redirects.

    `known`: pages of an earlier walk. They are asked for again, each only if it has changed.
    """

    def __init__(
        self, fetcher: Fetcher, media_types: Collection[str], limits: CrawlLimits, known: Sequence[PageState] = ()
    ) -> None:
        self._fetcher = PoliteFetcher(fetcher, limits.pause)
        self._media_types = media_types
        self._limits = limits
        self._site: WebUrl | None = None
        self._seen: set[WebUrl] = set()
        self._kept_urls: set[WebUrl] = set()
        self._kept_digests: set[str] = set()
        self._waiting: deque[tuple[WebUrl, int]] = deque()
        self._known = {_normal(page.fetched): page for page in known}
        self._linked: set[WebUrl] = set()
        self._in_sitemap: set[WebUrl] | None = None
        self._doubtful: list[PageState] = []

    def by_sitemap(self, page: PageState) -> bool:
        """Whether only the sitemap led to a page, as far as this walk can tell at its end."""
        url = _normal(page.fetched)
        return url in (self._in_sitemap or ()) and url not in self._linked

    async def pages(self, start: str) -> AsyncIterator[CrawlResult]:
        """Pages in the order of their distance, each once, by its canonical URL and by its content."""
        try:
            first = normal(checked_url(start))
            await self._fetcher.read_robots(first)
        except CanNotFetch as error:
            yield SkippedPage(start, str(error), is_start=True)
            return
        self._enqueue(first, 0)
        pages, most = 0, self._limits.pages
        while self._waiting and pages < most and self._fetcher.requests < most * REQUESTS_PER_PAGE:
            url, depth = self._waiting.popleft()
            for result in await self._visit(url, depth, is_start=url == first):
                pages += isinstance(result, CrawledPage | UnchangedPage)
                yield result
        for page in self._doubtful:
            if _normal(page.fetched) not in self._seen:
                yield GonePage(page.url, "the site's sitemap does not name it any more")

    async def _visit(self, url: WebUrl, depth: int, *, is_start: bool) -> list[CrawlResult]:
        known = self._known.get(url)
        try:
            fetched, final = await self._fetch_allowed(url, known, is_start=is_start)
        except CanNotFetch as error:
            # Without its first page nothing is known of a site; a single page is all there is of it.
            if known and error.status in (404, 410) and not (is_start and self._limits.depth):
                return [GonePage(known.url, str(error))]
            return [SkippedPage(str(url), str(error), is_start)]
        if is_start:
            if self._limits.depth:
                await self._find_in_sitemaps(final)
            self._look_again(final)
        if known and fetched.status == NOT_MODIFIED:
            self._kept_urls.add(_normal(known.url))
            self._kept_digests.add(known.digest)
            return [UnchangedPage(known.url)]
        result = self._keep(fetched, final, depth, is_start=is_start)
        if known is None or _normal(known.url) in self._kept_urls:
            return [result] if result else []
        if isinstance(result, SkippedPage):
            return [GonePage(known.url, result.reason)]
        why = f"it leads to {final}" if final != url else "another page stands for it"
        return [*([result] if result else []), GonePage(known.url, why)]

    async def _fetch_allowed(self, url: WebUrl, known: PageState | None, *, is_start: bool) -> tuple[Fetched, WebUrl]:
        """A page of the site that its robots.txt allows, and its URL after redirects."""
        self._fetcher.check(url)
        fetched = await self._fetcher.fetch(url, self._media_types, known.conditions() if known else {})
        final = _normal(fetched.url)
        if is_start:
            if not same_site(final, url):
                await self._fetcher.read_robots(final)
            self._site = final
        if self._site is None or not same_site(final, self._site):
            raise CanNotFetch(f"it leads to another site ({final.host})")
        self._fetcher.check(final)
        return fetched, final

    async def _find_in_sitemaps(self, site: WebUrl) -> None:
        pages = await self._fetcher.read_sitemaps(site)
        if pages is not None:
            self._in_sitemap = set(map(normal, pages))
            for page in pages:
                self._enqueue(normal(page), self._limits.depth)

    def _look_again(self, first: WebUrl) -> None:
        for url, page in self._known.items():
            # That the start leads to a known page does not make it one that was asked for again.
            if url == first or not same_site(url, first):
                continue
            if page.by_sitemap and self._in_sitemap is not None and url not in self._in_sitemap:
                self._doubtful.append(page)
            else:
                self._enqueue(url, page.steps)

    def _keep(self, fetched: Fetched, final: WebUrl, depth: int, *, is_start: bool) -> CrawledPage | SkippedPage | None:
        """The page, and its links on the way; None for one that is kept under another URL."""
        self._seen.add(final)
        canonical = final
        if essence_of(fetched.media_type) in FILE_KINDS["html"].media_types:
            robots = fetched.headers.get("X-Robots-Tag", "")
            page = read_links(final, fetched.content, robots, fetched.media_type)
            canonical = page.canonical
            self._linked.update(page.links)
            if depth < self._limits.depth:
                for link in page.links:
                    self._enqueue(link, depth + 1)
            if not page.may_be_indexed:
                return SkippedPage(str(final), "it asks not to be indexed", is_start)
        digest = hashlib.sha256(fetched.content).hexdigest()
        if canonical in self._kept_urls or digest in self._kept_digests:
            return None
        self._kept_urls.add(canonical)
        self._kept_digests.add(digest)
        etag, last_modified = (_short(fetched.headers.get(name, "")) for name in ("ETag", "Last-Modified"))
        state = PageState(str(canonical), str(final), etag, last_modified, digest, depth)
        return CrawledPage(state.url, state, fetched.media_type, fetched.content)

    def _enqueue(self, url: WebUrl, depth: int) -> None:
        if url not in self._seen and len(self._seen) < self._limits.pages * REQUESTS_PER_PAGE:
            self._seen.add(url)
            self._waiting.append((url, depth))


def _normal(url: str) -> WebUrl:
    return normal(WebUrl.parse(url))


def _short(state: str) -> str:
    # What is longer is given back to nobody: it would have to be kept with the source. Other characters can't be sent.
    return state if len(state) <= LONGEST_STATE and state.isascii() and state.isprintable() else ""
