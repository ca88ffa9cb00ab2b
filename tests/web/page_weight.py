"""What a browser has to fetch for a page."""

import gzip
from dataclasses import dataclass

from tests.web.html_check import Element, read

MAXIMUM_BYTES = 40_000
"""Of a page with its files, compressed."""
MAXIMUM_REQUESTS = 4


@dataclass(frozen=True, slots=True)
class PageWeight:
    """A page without its files, which are the same for all pages."""

    html_bytes: int
    compressed_bytes: int
    files: tuple[str, ...]
    streams: int

    @classmethod
    def of(cls, html: str) -> "PageWeight":
        """AssertionError for a page that is not valid."""
        page = read(html)
        files = dict.fromkeys(filter(None, map(_file, page.walk())))
        streams = sum("hx-sse:connect" in element.attributes for element in page.walk())
        return cls(len(html.encode()), compressed(html.encode()), tuple(files), streams)

    @property
    def requests(self) -> int:
        """All that the browser asks for before anybody touches the page."""
        return 1 + len(self.files) + self.streams


def compressed(content: bytes) -> int:
    """Bytes of it, as the edge compresses files."""
    return len(gzip.compress(content, 6))


def _file(element: Element) -> str:
    if element.get("hx-trigger").startswith(("load", "revealed", "every", "intersect")):
        return element.get("hx-get")
    url = element.get("href") if element.tag == "link" else element.get("src")
    return "" if url.startswith("data:") else url
