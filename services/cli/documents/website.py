"""Web pages to documents: fetched by the command line, kept in a folder until they are uploaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from services.cli.crawl.findings import Gone, Known, Limits, Missed, Page, Unchanged
from services.cli.documents.document import Document, Unreadable
from services.cli.documents.origin import SiteOrigin
from services.config.settings import Settings
from services.file_kinds import FILE_KINDS

if TYPE_CHECKING:
    from services.cli.crawl.fetch import Fetcher

_EXTENSIONS = {media_type: kind.extensions[0] for kind in FILE_KINDS.values() for media_type in kind.media_types}
PAGE_TYPES = tuple(_EXTENSIONS)

OnPage = Callable[[str], None]
"""Is told of each page as it comes."""


@dataclass(slots=True)
class Website:
    """What was found at and below a URL; `passed_over` counts linked pages that are none to add.

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
    urls: Sequence[str], limits: Limits, settings: Settings, folder: Path, on_page: OnPage
) -> tuple[list[Document | Unreadable], int]:
    """The pages at and below `urls`, and how many others were passed over."""
    # The libraries of the web take a third of the time in which a command starts; files need none of them.
    from services.cli.crawl.fetch import open_fetcher

    found: list[Document | Unreadable] = []
    passed_over = 0
    kept: set[str] = set()
    async with open_fetcher(settings.maximum_source_bytes, settings.crawl_networks) as fetcher:
        for number, url in enumerate(urls):
            site = await read_website(fetcher, url, limits, folder / str(number), on_page)
            found += [*site.failed, *(one for one in site.documents if one.url not in kept)]
            kept |= {one.url for one in site.documents}
            passed_over += site.passed_over
    return found, passed_over


async def read_website(
    fetcher: "Fetcher", start: str, limits: Limits, folder: Path, on_page: OnPage, known: Sequence[Known] = ()
) -> Website:
    """The pages at and below `start`, kept in `folder`. `known`: pages of it that were read before."""
    from services.cli.crawl.crawl import Crawl

    folder.mkdir()
    crawl = Crawl(fetcher, PAGE_TYPES, limits, known)
    site = Website()
    pages: list[Page] = []
    fetched_before = {one.fetched for one in known}
    async for one in crawl.pages(start):
        on_page(one.url)
        match one:
            case Page():
                # One page at a time is in memory, however many there are.
                (folder / str(len(pages))).write_bytes(one.content)
                pages.append(replace(one, content=b""))
            case Unchanged():
                site.unchanged.add(one.url)
            case Gone():
                site.gone[one.url] = one.reason
            case Missed() if one.asked or one.url in fetched_before:
                site.failed.append(Unreadable(start if one.asked else one.url, one.reason))
            case Missed():
                # That a link of the site leads nowhere is nothing that the operator asked for.
                site.passed_over += 1
    before = {one.url: one.by_sitemap for one in known}
    for number, page in enumerate(pages):
        # What pages that have not changed link to is not known anew.
        by_sitemap = crawl.by_sitemap(page.known) and before.get(page.url, True)
        state = replace(page.known, by_sitemap=by_sitemap)
        origin = SiteOrigin(start, limits.depth, limits.pages, state)
        site.documents.append(_document(page, folder / str(number), origin.to_text()))
    present = site.unchanged | {one.url for one in site.documents}
    site.gone = {url: why for url, why in site.gone.items() if url not in present}
    return site


def _document(page: Page, file: Path, origin: str) -> Document:
    essence = page.media_type.partition(";")[0].strip().lower()
    extension = _EXTENSIONS.get(essence, ".html")
    # A page without a title is called by its name.
    named = PurePosixPath(unquote(urlsplit(page.url).path)).name
    name = named if named.endswith(extension) and named.isprintable() else "page" + extension
    return Document(page.url, name, page.url, "", page.media_type, file, origin)
