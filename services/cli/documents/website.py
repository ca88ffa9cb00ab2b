"""Web pages to documents: fetched by the command line, kept in a folder until they are uploaded."""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from services.cli.documents.document import MEDIA_TYPES, Document, Unreadable
from services.crawl.crawl import Crawl, Limits, Page
from services.crawl.fetch import open_fetcher
from services.settings import Settings

_EXTENSIONS = {media_type: extension for extension, media_type in reversed(MEDIA_TYPES.items())}
PAGE_TYPES = (*_EXTENSIONS, "application/xhtml+xml")


def is_web_address(argument: str) -> bool:
    """Whether what was typed is a page and no file."""
    return argument.lower().startswith(("http://", "https://"))


async def read_websites(
    urls: Sequence[str],
    limits: Limits,
    settings: Settings,
    folder: Path,
    on_page: Callable[[str], None],
) -> tuple[list[Document | Unreadable], int]:
    """The pages at and below `urls`, and how many others were passed over. `on_page` is told of each as it comes."""
    found: list[Document | Unreadable] = []
    passed_over = 0
    kept: set[str] = set()
    async with open_fetcher(settings.maximum_source_bytes, settings.crawl_networks) as fetcher:
        for url in urls:
            crawl = Crawl(fetcher, PAGE_TYPES, limits)
            async for one in crawl.pages(url):
                on_page(one.url)
                if not isinstance(one, Page):
                    # That a link of the site leads nowhere is nothing that the operator asked for.
                    if one.asked:
                        found.append(Unreadable(url, one.reason))
                    else:
                        passed_over += 1
                elif one.url not in kept:
                    kept.add(one.url)
                    found.append(_document(one, folder / str(len(kept))))
    return found, passed_over


def _document(page: Page, file: Path) -> Document:
    file.write_bytes(page.content)
    essence = page.media_type.partition(";")[0].strip().lower()
    extension = _EXTENSIONS.get(essence, ".html")
    # A page without a title is called by its name.
    named = PurePosixPath(unquote(urlsplit(page.url).path)).name
    name = named if named.endswith(extension) and named.isprintable() else "page" + extension
    return Document(page.url, name, page.url, "", page.media_type, file)
