"""Documents from web pages, which the command line fetches and keeps in a folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from services.cli.crawl.limits import CrawlLimits
from services.cli.crawl.results import CrawledPage, GonePage, PageState, SkippedPage, UnchangedPage
from services.cli.documents.document import Document, Unreadable
from services.cli.documents.source_origin import SiteOrigin, Walk
from services.config.settings import Settings
from services.file_kinds import EXTENSIONS, essence_of

if TYPE_CHECKING:
    from services.cli.crawl.fetch import Fetcher

OnPage = Callable[[str], None]
"""Is told of each page as it comes."""


@dataclass(slots=True)
class Website:
    """The pages at and below a URL; `passed_over` counts linked pages that are not to be added.

    Of pages that were known before: the URLs of those that are `unchanged`, and why others are `gone`.
    """

    documents: list[Document] = field(default_factory=list)
    failed: list[Unreadable] = field(default_factory=list)
    unchanged: set[str] = field(default_factory=set)
    gone: dict[str, str] = field(default_factory=dict)
    passed_over: int = 0


def is_web_address(argument: str) -> bool:
    """Whether what was typed is a page and no file."""
    return argument.lower().startswith(("http://", "https://"))


async def read_websites(
    urls: Sequence[str], limits: CrawlLimits, settings: Settings, folder: Path, on_page: OnPage
) -> tuple[list[Document | Unreadable], int]:
    """The pages at and below `urls`, and how many others were passed over."""
    # The libraries of the web take a third of the time in which a command starts; files need none of them.
    from services.cli.crawl.fetch import open_fetcher

    read: list[Document | Unreadable] = []
    passed_over = 0
    kept: set[str] = set()
    async with open_fetcher(settings.maximum_source_bytes, settings.crawl_networks) as fetcher:
        for number, url in enumerate(urls):
            site = await read_website(fetcher, url, limits, folder / str(number), on_page)
            read += [*site.failed, *(document for document in site.documents if document.url not in kept)]
            kept |= {document.url for document in site.documents}
            passed_over += site.passed_over
    return read, passed_over


async def read_website(
    fetcher: "Fetcher",
    start: str,
    limits: CrawlLimits,
    folder: Path,
    on_page: OnPage,
    known: Sequence[PageState] = (),
) -> Website:
    """The pages at and below `start`, kept in `folder`.

    `known`: pages of it that were read before.
    """
    from services.cli.crawl.crawl import Crawl

    folder.mkdir()
    crawl = Crawl(fetcher, EXTENSIONS, limits, known)
    site = Website()
    pages: list[CrawledPage] = []
    fetched_before = {page.fetched for page in known}
    async for result in crawl.pages(start):
        on_page(result.url)
        match result:
            case CrawledPage():
                # One page at a time is in memory, however many there are.
                (folder / str(len(pages))).write_bytes(result.content)
                pages.append(replace(result, content=b""))
            case UnchangedPage():
                site.unchanged.add(result.url)
            case GonePage():
                site.gone[result.url] = result.reason
            case SkippedPage() if result.is_start or result.url in fetched_before:
                site.failed.append(Unreadable(start if result.is_start else result.url, result.reason))
            case SkippedPage():
                # That a link of the site leads nowhere is nothing that the operator asked for.
                site.passed_over += 1
    before = {page.url: page.by_sitemap for page in known}
    for number, page in enumerate(pages):
        # Links of pages that have not changed are not seen again.
        by_sitemap = crawl.by_sitemap(page.state) and before.get(page.url, True)
        origin = SiteOrigin(Walk(start, limits), replace(page.state, by_sitemap=by_sitemap))
        site.documents.append(_document(page, folder / str(number), origin.to_text()))
    present = site.unchanged | {document.url for document in site.documents}
    site.gone = {url: why for url, why in site.gone.items() if url not in present}
    return site


def _document(page: CrawledPage, file: Path, origin: str) -> Document:
    extension = EXTENSIONS.get(essence_of(page.media_type), ".html")
    # A page without a title is called by its name.
    named = PurePosixPath(unquote(urlsplit(page.url).path)).name
    name = named if named.endswith(extension) and named.isprintable() else "page" + extension
    return Document(page.url, name, page.url, "", page.media_type, file, origin)
