"""Addresses from sources, as pages show them."""

from dataclasses import dataclass

from services.urls import FILE_SCHEME

_WEB = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Link:
    """A place that a text names: `href` is empty for all that a browser had better not open."""

    text: str
    href: str = ""

    @classmethod
    def to(cls, url: str) -> "Link":
        """The place of a source, by its URL."""
        return cls(url.removeprefix(FILE_SCHEME), url if url.startswith(_WEB) else "")
