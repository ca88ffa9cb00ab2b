"""What a walk over a site tells of each page."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class PageState:
    """A page that is kept under `url`, from `fetched`, and its state by the server.

    `steps`: how many links away from the first page it was. `by_sitemap`: only the sitemap led to it.
    """

    url: str
    fetched: str
    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    steps: int = 0
    by_sitemap: bool = False

    def conditions(self) -> dict[str, str]:
        """Headers that ask for the page only if it has changed."""
        conditions = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in conditions.items() if value}

    def without_conditions(self) -> "PageState":
        """The page as one whose state nobody knows, so that it is read whatever its server says."""
        return replace(self, etag="", last_modified="")


@dataclass(frozen=True, slots=True)
class CrawledPage:
    """A page to keep. `url` is the one that it wants to be known by."""

    url: str
    state: PageState
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class UnchangedPage:
    """A page that was known and is as it was."""

    url: str


@dataclass(frozen=True, slots=True)
class GonePage:
    """A page that was known and is no page of the site any more, and why in one line."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class SkippedPage:
    """A page that is not kept, and why in one line.

    `is_start`: it is the very page that was named.
    """

    url: str
    reason: str
    is_start: bool


CrawlResult = CrawledPage | UnchangedPage | GonePage | SkippedPage
