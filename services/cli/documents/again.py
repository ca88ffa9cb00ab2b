"""Reading sources again, each from where it was read before."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.crawl.findings import Known, Limits
from services.cli.documents.document import LINES, Document, Unreadable
from services.cli.documents.finding import find, read
from services.cli.documents.origin import FilesOrigin, SiteOrigin, read_origin
from services.cli.documents.website import OnPage, Website, read_website
from services.file_kinds import MEDIA_TYPES
from services.urls import identity

if TYPE_CHECKING:
    from services.cli.crawl.fetch import Fetcher

Source = retrieval_pb2.Source


@dataclass(frozen=True, slots=True)
class GoneSource:
    """A source that is not where it was read any more. `is_sure`: nothing speaks against removing it."""

    source: Source
    reason: str
    is_sure: bool


@dataclass(slots=True)
class Again:
    """What there is to upload, and what became of the other sources. `unknown`: nobody wrote down where they are."""

    documents: list[Document | Unreadable] = field(default_factory=list)
    unchanged: list[Source] = field(default_factory=list)
    gone: list[GoneSource] = field(default_factory=list)
    unknown: list[Source] = field(default_factory=list)
    passed_over: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Origins:
    """Sources by what was named that led to them."""

    files: dict[FilesOrigin, dict[str, Source]] = field(default_factory=lambda: defaultdict(dict))
    sites: dict[tuple[str, Limits], dict[str, tuple[Source, Known]]] = field(default_factory=lambda: defaultdict(dict))
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
                page = without_conditions(origin.page) if source.error else origin.page
                origins.sites[origin.walk][page.url] = (source, page)
            case None:
                origins.unknown.append(source)
    return origins


def read_files(origin: FilesOrigin, sources: Mapping[str, Source], *, only: bool, into: Again) -> None:
    """Reads what lies at `origin`. `only`: these sources and no others, else what is new as well."""
    if _is_gone_file(Path(origin.path)):
        into.gone += [GoneSource(one, "there is no such file any more", origin.is_here) for one in sources.values()]
        return
    findings = find([origin.path])
    documents = list(read(findings, origin.base_url, origin.title))
    wrong = [one for one in documents if isinstance(one, Unreadable)]
    present = {one.identity for one in documents if isinstance(one, Document)}
    # A folder that is not there at all is on a disk that is not there, more likely than not.
    if present:
        for url, source in sources.items():
            if url not in present:
                reason = f"it is not in {origin.path} any more"
                into.gone.append(GoneSource(source, reason, origin.is_here and not wrong))
    into.documents += [one for one in documents if not only or isinstance(one, Unreadable) or one.identity in sources]
    into.skipped += Counter() if only else findings.passed_over


async def read_site(
    fetcher: "Fetcher",
    walk: tuple[str, Limits],
    pages: Mapping[str, tuple[Source, Known]],
    folder: Path,
    on_page: OnPage,
    *,
    only: bool,
    into: Again,
) -> None:
    """Reads pages of a site again, those alone that have changed. `only`: no others, else what is new as well."""
    start, limits = walk
    known = [page for _, page in pages.values()]
    if not only:
        _sort(await read_website(fetcher, start, limits, folder, on_page, known), pages, into)
        return
    folder.mkdir()
    for number, page in enumerate(known):
        one = await read_website(fetcher, page.fetched, Limits(0, 1), folder / str(number), on_page, [page])
        one.documents = [_as_found(document, walk, page) for document in one.documents if document.url == page.url]
        _sort(one, pages, into)


def without_conditions(known: Known) -> Known:
    """The page as one whose state nobody knows, so that it is read whatever its server says."""
    return replace(known, etag="", last_modified="")


def _sort(site: Website, pages: Mapping[str, tuple[Source, Known]], into: Again) -> None:
    seen: Collection[str] = {one.url for one in into.documents if isinstance(one, Document)}
    into.documents += [*site.failed, *(one for one in site.documents if one.url not in seen)]
    into.unchanged += [pages[url][0] for url in site.unchanged if url in pages]
    into.gone += [GoneSource(pages[url][0], reason, True) for url, reason in site.gone.items() if url in pages]
    into.passed_over += site.passed_over


def _as_found(document: Document, walk: tuple[str, Limits], page: Known) -> Document:
    """A page that was read by itself still belongs to the walk that found it."""
    origin = read_origin(document.origin, document.url)
    if not isinstance(origin, SiteOrigin):
        return document
    state = replace(origin.page, steps=page.steps, by_sitemap=page.by_sitemap)
    return replace(document, origin=SiteOrigin(walk[0], walk[1].depth, walk[1].pages, state).to_text())


def _is_gone_file(path: Path) -> bool:
    """Whether a single file has gone from a folder that is there: an empty one is where a disk is missing."""
    is_file = path.suffix.lower() in {*MEDIA_TYPES, LINES}
    return is_file and not path.exists() and path.parent.is_dir() and any(path.parent.iterdir())
