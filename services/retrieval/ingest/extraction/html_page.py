"""The shown elements and text of a web page, without navigation, banners and scripts."""

import re
from collections.abc import Callable, Container, Iterator

from lxml.html import HtmlElement

from services.retrieval.ingest.extraction.document import LONGEST_HEADING
from services.retrieval.ingest.extraction.html_kind import is_article
from services.retrieval.ingest.extraction.html_measures import HEADINGS, INLINE, Measures, measure
from services.retrieval.ingest.extraction.html_names import is_beside_name, is_clutter_name, is_mark_name, slug
from services.retrieval.ingest.extraction.html_text import BREAK, CODE, EDGE, EDGES, ITEM, plain

MAXIMUM_DEPTH = 200
_GOES_ON = re.compile(r"\s*([.,;:!?)”’\"]|[^\W\d_])")

_CLUTTER_TAGS = """
script style noscript template iframe object embed svg canvas nav footer form button select input textarea dialog audio
video map link meta head menu
"""
_CLUTTER_ROLES = """
navigation banner contentinfo search dialog alertdialog menu menubar toolbar complementary alert
"""
_TAGS = frozenset(_CLUTTER_TAGS.split())
_ROLES = frozenset(_CLUTTER_ROLES.split())
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_KEPT = frozenset(("html", "body", "main", "article"))
# What has an id so that links lead to it; the id is made of its title.
_LINKED_TO = frozenset((*HEADINGS, "section", "a", "span", "p", "li", "dt", "dd", "dl", "tr", "figure"))

_ADDRESS = re.compile(r"\s*(?:https?://|www\.)")
_LEAD = re.compile("teaser|lead|intro|promo|kicker", re.IGNORECASE)
_LINK_LIST_LINKS = 4
_LINK_SHARE = 0.75
_ASIDE_LINK_SHARE = 0.5
_LINK_TEXT = 45
_LINK_LINE = 160
_TITLE = 200


class HtmlPage:
    """A page. `by_name`: names of classes and ids tell clutter.

    `is_article`: it says that it is one, of news or a blog, or it can be commented on.
    """

    def __init__(self, root: HtmlElement, *, by_name: bool = True) -> None:
        self.root = root
        self._measures = measure(root)
        self.by_name = by_name
        self.is_article = is_article(root)
        self._unfolded = {name for names in root.xpath("//@aria-controls") for name in names.split()}
        self._shown: dict[HtmlElement, bool] = {}
        self._slugs: dict[HtmlElement, str] = {}

    def measures_of(self, element: HtmlElement) -> Measures:
        """The measures of an element of the page."""
        return self._measures[element]

    def is_shown(self, node: HtmlElement) -> bool:
        """Whether a node is an element and, with all that is in it, a part of the page's content."""
        if not isinstance(node.tag, str):
            return False
        if node not in self._shown:
            self._shown[node] = not self._is_clutter(node)
        return self._shown[node]

    def is_short(self, element: HtmlElement) -> bool:
        """Whether the text of an element can be a heading."""
        return self._measures[element].text <= LONGEST_HEADING

    def is_link_list(self, element: HtmlElement) -> bool:
        """Whether a list or block is a menu that does not say so: little but links, all short."""
        inside = self._measures[element]
        if element.tag not in ("ul", "ol", "div") or inside.links < _LINK_LIST_LINKS or inside.holds_paragraphs:
            return False
        return inside.link_text >= inside.text * _LINK_SHARE and inside.link_text / inside.links < _LINK_TEXT

    def leads_elsewhere(self, element: HtmlElement) -> bool:
        """Whether next to all text of an element is that of links."""
        inside = self._measures[element]
        is_sentence = element.tag == "p" and inside.text > _LINK_LINE
        if inside.links == 0 or inside.link_text < inside.text * _LINK_SHARE or is_sentence:
            return False
        # A list of addresses is one of what the article draws on.
        first = next(element.iter("a"), None)
        return first is None or _ADDRESS.match(next(first.itertext(), "")) is None

    def text(self, element: HtmlElement, without: Container[HtmlElement] = ()) -> str:
        """The text of an element on one line, but not that of its children in `without`."""
        return plain("".join(self._children(element, 0, without)))

    def pieces(self, element: HtmlElement, depth: int) -> Iterator[str]:
        """The text of an element; that of a block is set off by spaces."""
        if element.tag == "br":
            yield BREAK
        elif element.tag == "img":
            yield element.get("alt", "")
        elif depth >= MAXIMUM_DEPTH:
            yield " ".join(element.itertext())
        elif element.tag in INLINE:
            yield from self._inline(element, depth)
        else:
            yield ITEM if element.tag == "li" and element.getprevious() is not None else " "
            yield from self._children(element, depth + 1)
            yield " "

    def _inline(self, element: HtmlElement, depth: int) -> Iterator[str]:
        edge = EDGES.get(element.tag, "")
        yield edge
        if element.tag in CODE:
            yield "".join(self._children(element, depth + 1)).replace(EDGE, "")
        else:
            yield from self._children(element, depth + 1)
        yield edge

    def _children(self, element: HtmlElement, depth: int, without: Container[HtmlElement] = ()) -> Iterator[str]:
        yield element.text or ""
        for child in element:
            if child not in without and self.is_shown(child):
                yield from self.pieces(child, depth)
            yield child.tail or ""

    def _is_clutter(self, element: HtmlElement) -> bool:
        tag, inside = element.tag, self._measures[element]
        if tag in _KEPT:
            return False
        if tag in _TAGS or element.get("role", "") in _ROLES:
            # Some pages are one form; and what unfolds an answer is a button with the question in its heading.
            is_shown = self._is_most(element) if tag == "form" else tag == "button" and inside.in_question
            return not is_shown
        if _is_hidden(element) and element.get("id", "") not in self._unfolded:
            return True
        if tag in ("header", "aside"):
            # A page's header is clutter, an article's holds its title; an aside in an article is a note, or links.
            leads_on = self.is_article and inside.link_text >= inside.text * _ASIDE_LINK_SHARE > 0
            return not inside.in_section or (tag == "aside" and leads_on)
        # Some sites name their outermost wrapper `sidebar` or the like.
        is_wrapper = tag in ("div", "section") and self._is_most(element)
        return self.by_name and self._is_named_so(element) and not is_wrapper

    def _is_named_so(self, element: HtmlElement) -> bool:
        classes = element.get("class", "").split()
        if element.tag in INLINE and _is_amid_words(element):
            return any(map(is_mark_name, classes))
        if any(map(self._names_clutter(element), classes)):
            return True
        name = element.get("id", "")
        if element.tag in _LINKED_TO or "section" in classes or not self._names_clutter(element)(name):
            return False
        # Others have ids made of their titles as well; a menu with such a title is a list of links, and what has the
        # name and the title of something beside an article is that.
        if self.is_article and (is_mark_name(name) or not is_clutter_name(name)):
            return True
        return slug(name) != self._slug_of_heading(element) or self.is_link_list(element)

    def _names_clutter(self, element: HtmlElement) -> Callable[[str], bool]:
        """What tells by a name that an element is clutter; leads of articles are called teasers."""
        is_lead = element.get("itemprop") == "description" or (
            element.tag == "p" and _LEAD.search(element.get("class", "")) is not None
        )
        return is_beside_name if self.is_article and not is_lead else is_clutter_name

    def _slug_of_heading(self, element: HtmlElement) -> str:
        heading = self._measures[element].first_heading
        if heading is None:
            return ""
        if heading not in self._slugs:
            self._slugs[heading] = slug("".join(heading.itertext())[:_TITLE])
        return self._slugs[heading]

    def _is_most(self, element: HtmlElement) -> bool:
        return self._measures[element].text > self._measures[self.root].text / 2


def _is_amid_words(element: HtmlElement) -> bool:
    """Whether a sentence goes on over the end of an element, whatever that is called."""
    before = element.getprevious()
    text = (element.getparent().text if before is None else before.tail) or ""
    goes_on = _GOES_ON.match(element.tail or "")
    return goes_on is not None and (any(map(str.isalpha, text)) or goes_on[1].islower())


def _is_hidden(element: HtmlElement) -> bool:
    return (
        element.get("hidden", "until-found") != "until-found"
        or element.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search(element.get("style", "")) is not None
    )
