"""Links of a page, its canonical URL, and whether it wants to be found."""

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from urllib.parse import unquote_plus

from lxml import etree, html
from lxml.html import HtmlElement

from services.urls import MAXIMUM_LENGTH, WebUrl

MAXIMUM_LINKS = 20_000
_TRACKING = re.compile(r"^(?:utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|ref_src)$", re.IGNORECASE)
_NO_PAGE = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|avif|ico|css|js|mjs|json|xml|rss|atom|zip|gz|tgz|tar|7z|rar|exe|dmg|deb|rpm|mp[34]|m4a"
    r"|wav|ogg|webm|mov|avi|woff2?|ttf|eot)$",
    re.IGNORECASE,
)

_LINE_BREAKS = dict.fromkeys(map(ord, "\t\n\r"))
"""Browsers pass over these in an address."""


@dataclass(frozen=True, slots=True)
class PageLinks:
    """The links of a page in order, each once.

    `canonical` is its own URL when it names no other.
    """

    canonical: WebUrl
    links: tuple[WebUrl, ...]
    may_be_indexed: bool


def normal(url: WebUrl) -> WebUrl:
    """The same page has the same URL: no fragment, no tracking."""
    if url.query is None:
        return replace(url, fragment=None)
    # Parts are left out and never rewritten: a server may tell `?x` from `?x=`.
    kept = [part for part in url.query.split("&") if not _TRACKING.match(unquote_plus(part.partition("=")[0]))]
    return replace(url, fragment=None, query="&".join(kept) if kept else None)


def same_site(one: WebUrl, other: WebUrl) -> bool:
    """Whether two URLs are of one site: the same host and port, over http or https."""
    return one.authority == other.authority


def read_links(url: WebUrl, content: bytes, robots_header: str = "", media_type: str = "") -> PageLinks:
    """The links of an HTML page that lie on its site and may be pages.

    What can't be read has none.
    """
    try:
        parser = html.HTMLParser(huge_tree=True, encoding=_encoding(content, media_type))
        root = html.document_fromstring(content, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return PageLinks(normal(url), (), may_be_indexed=True)
    robots = f"{robots_header},{','.join(root.xpath(_META_ROBOTS))}".lower()
    base = _join(url, next(iter(root.xpath("//base/@href")), "")) or url
    links = () if "nofollow" in robots or "none" in robots else islice(_links(root, base, url), MAXIMUM_LINKS)
    may_be_indexed = not ("noindex" in robots or "none" in robots)
    return PageLinks(_canonical(root, url), tuple(dict.fromkeys(links)), may_be_indexed)


def _encoding(content: bytes, media_type: str) -> str | None:
    """The encoding of a page; None leaves it to what the page says.

    The parser takes all that says nothing for Latin-1, and its links with it.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        name = media_type.lower().partition("charset=")[2].partition(";")[0].strip("\"' ")
        with suppress(LookupError, ValueError):
            etree.HTMLParser(encoding=name)
            return name or None
        return None
    return "utf-8"


_META_ROBOTS = (
    "//meta[translate(@name, 'ROBTSCHAMUN', 'robtschamun')='robots'"
    " or translate(@name, 'ROBTSCHAMUN', 'robtschamun')='chatmount']/@content"
)


def _links(root: HtmlElement, base: WebUrl, page: WebUrl) -> Iterator[WebUrl]:
    for link in root.iter("a", "area"):
        if "nofollow" in (link.get("rel") or "").lower():
            continue
        target = _join(base, link.get("href") or "")
        if target is not None and same_site(target, page) and not _NO_PAGE.search(target.path):
            yield normal(target)


def _canonical(root: HtmlElement, url: WebUrl) -> WebUrl:
    for link in root.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            target = _join(url, link.get("href") or "")
            # A page of another site is not ours to speak for.
            if target is not None and same_site(target, url):
                return normal(target)
    return normal(url)


def _join(base: WebUrl, text: str) -> WebUrl | None:
    """What a link leads to; None where it leads to no page, or to one that can't be a source."""
    text = text.translate(_LINE_BREAKS).strip()
    if not 0 < len(text) <= MAXIMUM_LENGTH:
        return None
    try:
        target = base.join(text)
    except ValueError:
        return None
    return target if len(str(target)) <= MAXIMUM_LENGTH else None
