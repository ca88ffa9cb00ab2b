"""The title of a web page: its own, not that of its site."""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement

from services.retrieval.ingest.extraction.document import one_line
from services.retrieval.ingest.extraction.html_page import HtmlPage

# What sites put behind a page's own title: "Page | Site", "Page - Site".
_SEPARATORS = (" | ", " – ", " — ", " - ", " · ", " :: ")
_SPLIT = re.compile("|".join(map(re.escape, _SEPARATORS)))
_SITE = "//meta[@property='og:site_name' or @name='og:site_name' or @name='application-name']/@content"
_SHARED = "//meta[@property='og:title' or @name='og:title']/@content"
_START_PAGES = frozenset(("", "/", "./", ".", "/index.html", "index.html"))
_SUBHEADINGS = 50


def page_title(page: HtmlPage, content: HtmlElement) -> tuple[str, frozenset[str]]:
    """The title of a page, and main headings that are the name of its site.

    The title is the only main heading, else og:title, else <title>.
    """
    root = page.root
    element = root.find(".//title")
    full = one_line("".join(element.itertext())) if element is not None else ""
    shared = next(filter(None, map(one_line, root.xpath(_SHARED))), "")
    sites = {one_line(name).casefold() for name in root.xpath(_SITE)}
    names = _Names(full, shared, sites, content, page)
    headings = list(_headings(page, content, "h1")) or list(_headings(page, root, "h1"))
    if names.are_shared_as_site(headings):
        sites.add(shared.casefold())
        shared, names = "", _Names(full, "", sites, content, page)
    others = frozenset(text for heading, text in headings if names.has_site_in(heading, text))
    own = [text for _, text in headings if text not in others]
    if len(own) == 1:
        return own[0], others
    sites |= {text.casefold() for text in others}
    named = _without(shared, sites) or _without_last(_without(full, sites))
    return named or next((text for _, text in headings), ""), others


class _Names:
    """What a page calls itself outside of its text, to tell its title from that of its site."""

    def __init__(self, full: str, shared: str, sites: set[str], content: HtmlElement, page: HtmlPage) -> None:
        self._parts = [part.casefold() for part in _SPLIT.split(full)]
        self._own = _without(shared, sites).casefold()
        self._sites = sites
        self._content = content
        self._page = page
        below = islice(_headings(page, content, "h2", "h3"), _SUBHEADINGS)
        self._below = {text.casefold() for _, text in below}

    def are_shared_as_site(self, headings: list[tuple[HtmlElement, str]]) -> bool:
        """Whether og:title names the site, with one text for all pages.

        The page's heading stands before it in <title>.
        """
        if self._own != self._parts[-1] or self._own in self._below:
            return False
        return any(
            text.casefold() in self._parts[:-1] and not _leads_to_start(heading) and not self._is_beside(heading)
            for heading, text in headings
        )

    def has_site_in(self, heading: HtmlElement, text: str) -> bool:
        """Whether a main heading is the name of the site, and the page has a title beside it."""
        name = text.casefold()
        others = {title for title in (self._own, *self._parts) if title and title != name}
        if not others or name == self._own:
            return False
        if name in self._sites or _leads_to_start(heading):
            return True
        if self._own in self._parts and name in (self._parts[0], self._parts[-1]):
            return True
        if {self._own, self._parts[0]} & (others & self._below) and not self._is_in_landmark(heading):
            return True
        return self._is_beside(heading) and (
            name == self._parts[-1] or (self._own in self._parts and name not in self._own)
        )

    def _is_in_landmark(self, heading: HtmlElement) -> bool:
        return any(above.tag in ("main", "article") for above in heading.iterancestors())

    def _is_beside(self, heading: HtmlElement) -> bool:
        """Whether a heading stands in a banner, or beside the part that holds the content."""
        if self._content.tag != "body" and self._content not in heading.iterancestors():
            return True
        return not all(self._page.is_shown(above) for above in heading.iterancestors())


def _headings(page: HtmlPage, element: HtmlElement, *tags: str) -> Iterator[tuple[HtmlElement, str]]:
    """Headings with their texts.

    Those within others are part of them, unless they hold half of the page.
    """
    walk = etree.iterwalk(element, events=("start",), tag=tags)
    for _, heading in walk:
        if not page.is_short(heading):
            continue
        if text := page.text(heading):
            yield heading, text
        walk.skip_subtree()


def _leads_to_start(heading: HtmlElement) -> bool:
    links = [link.get("href") for link in islice(heading.iter("a"), 2)]
    if heading.getparent() is not None and heading.getparent().tag == "a":
        links.append(heading.getparent().get("href"))
    if len(links) != 1 or links[0] is None:
        return False
    try:
        address = urlsplit(links[0].strip())
    except ValueError:
        return False
    return not address.fragment and address.path in _START_PAGES and (address.path or address.netloc) != ""


def _without(title: str, sites: set[str]) -> str:
    """A title without the name of its site in front or at the end."""
    for separator in _SEPARATORS:
        first, _, rest = title.partition(separator)
        if rest and first.strip().casefold() in sites:
            return rest.strip()
        rest, _, last = title.rpartition(separator)
        if rest and last.strip().casefold() in sites:
            return rest.strip()
    return title


def _without_last(title: str) -> str:
    separator = next((one for one in _SEPARATORS if one in title), None)
    return title.rsplit(separator, 1)[0].strip() if separator else title
