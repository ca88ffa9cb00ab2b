"""What a walk over a site is told, and what it tells of each page."""

from dataclasses import dataclass, field

REQUEST_PAUSE = 0.2
"""Seconds between two requests to a site that names no delay of its own."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`depth`: how many links away from the first page (0: that page alone); `pages`: how many at most."""

    depth: int = 0
    pages: int = 100
    pause: float = field(default_factory=lambda: REQUEST_PAUSE)


@dataclass(frozen=True, slots=True)
class Known:
    """A page that was kept before under `url`, from `fetched`; what the server said of its state then.

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


@dataclass(frozen=True, slots=True)
class Page:
    """A page to keep. `known.url` is the one that it wants to be known by."""

    known: Known
    media_type: str
    content: bytes

    @property
    def url(self) -> str:
        """The one that it wants to be known by."""
        return self.known.url


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A page that was known and is as it was."""

    url: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A page that was known and is no page of the site any more, and why in one line."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class Missed:
    """A page that is not kept, and why in one line. `asked`: it is the very page that was asked for."""

    url: str
    reason: str
    asked: bool


Found = Page | Unchanged | Gone | Missed
"""What a walk tells of a page."""
