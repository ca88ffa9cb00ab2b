"""Origins of sources, kept with each so that it can be read again."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from services.cli.crawl.limits import CrawlLimits
from services.cli.crawl.results import PageState
from services.urls import canonical

FILES, SITE = "files", "site"
LONGEST = 8192


@dataclass(frozen=True, slots=True)
class FilesOrigin:
    """A file or folder that was named, its machine, and the options beside it."""

    path: str
    base_url: str = ""
    title: str = ""
    machine: str = ""

    @classmethod
    def here(cls, path: Path, base_url: str, title: str) -> "FilesOrigin":
        """One on this machine."""
        return cls(str(path.absolute()), base_url, title, platform.node())

    @property
    def is_here(self) -> bool:
        """Whether this is the machine."""
        return self.machine == platform.node()

    def to_text(self) -> str:
        """As it is kept with a source."""
        return _bounded(json.dumps({"kind": FILES, **asdict(self)}))


@dataclass(frozen=True, slots=True)
class Walk:
    """The page that was named, and how far the walk from there went."""

    start: str
    limits: CrawlLimits


@dataclass(frozen=True, slots=True)
class SiteOrigin:
    """The walk that found a page, and the state of the page."""

    walk: Walk
    page: PageState

    def to_text(self) -> str:
        """As it is kept with a source, whose URL is that of the page."""
        page = {name: value for name, value in asdict(self.page).items() if value and name != "url"}
        limits = self.walk.limits
        walk = {"start": self.walk.start, "depth": limits.depth, "max_pages": limits.pages}
        return _bounded(json.dumps({"kind": SITE, **walk, **page}))


Origin = FilesOrigin | SiteOrigin


def read_origin(text: str, url: str) -> Origin | None:
    """The origin of the source with this URL; None when the command line did not write it."""
    try:
        fields: Any = json.loads(text or "null")
        if not isinstance(fields, dict):
            return None
        if fields.pop("kind", "") == FILES:
            return FilesOrigin(**_texts(fields))
        limits = CrawlLimits(int(fields.pop("depth")), int(fields.pop("max_pages")))
        walk = Walk(str(fields.pop("start")), limits)
        page = replace(PageState(canonical(url), canonical(fields.pop("fetched"))), **fields)
        return SiteOrigin(walk, page)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _texts(fields: Mapping[str, object]) -> dict[str, str]:
    if not all(isinstance(value, str) for value in fields.values()):
        raise ValueError("not texts")
    return {name: str(value) for name, value in fields.items()}


def _bounded(text: str) -> str:
    # What can't be kept must not keep a source from being added: it can't be read again by itself, that is all.
    return text if len(text) <= LONGEST else ""
