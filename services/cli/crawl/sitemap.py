"""sitemap.xml: the pages that a site itself names."""

import zlib
from dataclasses import dataclass

from lxml import etree

from services.urls import WebUrl

MAXIMUM_UNPACKED = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sitemap:
    """The pages that a sitemap names, or the other sitemaps, in order."""

    pages: tuple[WebUrl, ...] = ()
    sitemaps: tuple[WebUrl, ...] = ()


def read_sitemap(content: bytes) -> Sitemap:
    """What a sitemap says, plain or packed with gzip. One that can't be read says nothing."""
    try:
        content = _unpacked(content)
        # Entities and outside documents are how XML reads files and floods memory.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, remove_comments=True)
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, zlib.error):
        return Sitemap()
    if root is None:
        return Sitemap()
    urls = tuple(url for element in root.iterfind("{*}*/{*}loc") if (url := _url(element.text or "")) is not None)
    is_index = etree.QName(root).localname == "sitemapindex"
    return Sitemap(sitemaps=urls) if is_index else Sitemap(pages=urls)


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(content, MAXIMUM_UNPACKED)
    return unpacked if len(unpacked) < MAXIMUM_UNPACKED else b""


def _url(text: str) -> WebUrl | None:
    try:
        return WebUrl.parse(text)
    except ValueError:
        return None
