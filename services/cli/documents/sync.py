"""Reading sources again, each from where it was read before."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.crawl.limits import CrawlLimits
from services.cli.crawl.results import PageState
from services.cli.documents.document import Document, Unreadable
from services.cli.documents.files import is_known_kind, list_files, read_files
from services.cli.documents.source_origin import FilesOrigin, SiteOrigin, Walk, read_origin
from services.cli.documents.website import OnPage, Website, read_website
from services.urls import identity

if TYPE_CHECKING:
    from services.cli.crawl.fetch import Fetcher

Source = retrieval_pb2.Source
SourcePages = Mapping[str, tuple[Source, PageState]]
"""Sources that are pages of one site, by URL."""


@dataclass(frozen=True, slots=True)
class GoneSource:
    """A source that is not where it was read any more.

    `is_sure`: nothing speaks against removing it.
    """

    source: Source
    reason: str
    is_sure: bool


@dataclass(slots=True)
class Origins:
    """Sources by what was named that led to them."""

    files: dict[FilesOrigin, dict[str, Source]] = field(default_factory=lambda: defaultdict(dict))
    sites: dict[Walk, dict[str, tuple[Source, PageState]]] = field(default_factory=lambda: defaultdict(dict))
    unknown: list[Source] = field(default_factory=list)


def by_origin(sources: Sequence[Source]) -> Origins:
    """Sorts sources by their origins, by URL within each."""
    origins = Origins()
    for source in sources:
        match read_origin(source.origin, source.url):
            case FilesOrigin() as origin:
                origins.files[origin][identity(source.url)] = source
            case SiteOrigin() as origin:
                # What could not be read is read whatever its server says: the fault may have been ours.
                page = origin.page.without_conditions() if source.error else origin.page
                origins.sites[origin.walk][page.url] = (source, page)
            case None:
                origins.unknown.append(source)
    return origins


@dataclass(slots=True)
class SyncPlan:
    """What there is to upload, and what became of the other sources.

    `only_known`: only sources that there are, and nothing new. `unknown`: nobody wrote down where they are. `folders`:
    those that hold the files and folders that were read.
    """

    only_known: bool
    unknown: list[Source]
    documents: list[Document | Unreadable] = field(default_factory=list)
    unchanged: list[Source] = field(default_factory=list)
    gone: list[GoneSource] = field(default_factory=list)
    passed_over: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    folders: list[Path] = field(default_factory=list)

    def add_files(self, origin: FilesOrigin, sources: Mapping[str, Source]) -> None:
        """Reads what lies at an origin."""
        self.folders.append(Path(origin.path).parent)
        if _is_gone_file(Path(origin.path)):
            reason = "there is no such file any more"
            self.gone += [GoneSource(source, reason, origin.is_here) for source in sources.values()]
            return
        listing = list_files([origin.path])
        documents = list(read_files(listing, origin.base_url, origin.title))
        is_sure = origin.is_here and not any(isinstance(one, Unreadable) for one in documents)
        present = {one.identity for one in documents if isinstance(one, Document)}
        # A folder that is not there at all is on a disk that is not there, more likely than not.
        gone = [source for url, source in sources.items() if url not in present] if present else []
        self.gone += [GoneSource(source, f"it is not in {origin.path} any more", is_sure) for source in gone]
        self.documents += [
            one for one in documents if not self.only_known or isinstance(one, Unreadable) or one.identity in sources
        ]
        if not self.only_known:
            self.skipped += listing.passed_over

    async def add_site(self, fetcher: "Fetcher", walk: Walk, pages: SourcePages, folder: Path, on_page: OnPage) -> None:
        """Read the pages of a site that have changed.

        The walk goes over all of it, unless the plan is for known pages only.
        """
        known = [page for _, page in pages.values()]
        if not self.only_known:
            self._add(await read_website(fetcher, walk.start, walk.limits, folder, on_page, known), pages)
            return
        folder.mkdir()
        for number, page in enumerate(known):
            site = await read_website(fetcher, page.fetched, CrawlLimits(0, 1), folder / str(number), on_page, [page])
            site.documents = [_of_walk(one, walk, page) for one in site.documents if one.url == page.url]
            self._add(site, pages)

    def _add(self, site: Website, pages: SourcePages) -> None:
        seen = {one.url for one in self.documents if isinstance(one, Document)}
        self.documents += [*site.failed, *(one for one in site.documents if one.url not in seen)]
        self.unchanged += [pages[url][0] for url in site.unchanged if url in pages]
        self.gone += [GoneSource(pages[url][0], reason, True) for url, reason in site.gone.items() if url in pages]
        self.passed_over += site.passed_over


def _of_walk(document: Document, walk: Walk, page: PageState) -> Document:
    """A page that was read by itself still belongs to the walk that found it."""
    origin = read_origin(document.origin, document.url)
    if not isinstance(origin, SiteOrigin):
        return document
    state = replace(origin.page, steps=page.steps, by_sitemap=page.by_sitemap)
    return replace(document, origin=SiteOrigin(walk, state).to_text())


def _is_gone_file(path: Path) -> bool:
    """Whether a single file has gone from a folder that is there.

    An empty folder is where a disk is missing.
    """
    return is_known_kind(path) and not path.exists() and path.parent.is_dir() and any(path.parent.iterdir())
