"""What on a web page is not its content: navigation, banners, scripts, forms."""

import re

from lxml.html import HtmlElement

from services.retrieval.ingest.extraction.html_measures import HEADINGS, Measures, measure
from services.retrieval.ingest.extraction.html_names import is_clutter_name, slug

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

_LINK_LIST_LINKS = 4
_LINK_SHARE = 0.75
_LINK_TEXT = 45
_TITLE = 200


class Clutter:
    """Tells the clutter of one page. `by_name`: names of classes and ids count."""

    def __init__(self, root: HtmlElement, *, by_name: bool = True) -> None:
        self.measures = measure(root)
        self._length = self.measures[root].text
        self._by_name = by_name
        self._unfolded = {name for names in root.xpath("//@aria-controls") for name in names.split()}
        self._known: dict[HtmlElement, bool] = {}
        self._slugs: dict[HtmlElement, str] = {}

    def __contains__(self, element: HtmlElement) -> bool:
        """Whether an element, with all that is in it, is no part of the page's content."""
        known = self._known.get(element)
        if known is None:
            known = self._known[element] = self._is_clutter(element)
        return known

    def is_link_list(self, element: HtmlElement) -> bool:
        """Whether a list or block is little more than links with short texts: a menu that does not say so."""
        inside = self.of(element)
        if element.tag not in ("ul", "ol", "div") or inside.links < _LINK_LIST_LINKS or inside.holds_paragraphs:
            return False
        return inside.link_text >= inside.text * _LINK_SHARE and inside.link_text / inside.links < _LINK_TEXT

    def of(self, element: HtmlElement) -> Measures:
        """The measures of an element of the page."""
        return self.measures[element]

    def _is_clutter(self, element: HtmlElement) -> bool:
        tag = element.tag
        if tag in _KEPT:
            return False
        if tag in _TAGS or element.get("role", "") in _ROLES:
            return not self._is_shown_after_all(element)
        if _is_hidden(element) and element.get("id", "") not in self._unfolded:
            return True
        if tag in ("header", "aside"):
            # A page's header is clutter, an article's holds its title; an aside in an article is a note.
            return not self.of(element).in_section
        return self._by_name and self._is_named_so(element) and not self._is_most_of_the_page(element)

    def _is_named_so(self, element: HtmlElement) -> bool:
        classes = element.get("class", "").split()
        if any(map(is_clutter_name, classes)):
            return True
        name = element.get("id", "")
        if element.tag in _LINKED_TO or "section" in classes or not is_clutter_name(name):
            return False
        # Others have ids made of their titles as well; a menu with such a title is a list of links.
        return slug(name) != self._slug_of_heading(element) or self.is_link_list(element)

    def _slug_of_heading(self, element: HtmlElement) -> str:
        heading = self.of(element).first_heading
        if heading is None:
            return ""
        if heading not in self._slugs:
            self._slugs[heading] = slug("".join(heading.itertext())[:_TITLE])
        return self._slugs[heading]

    def _is_shown_after_all(self, element: HtmlElement) -> bool:
        """Some pages are one form; and what unfolds an answer is a button with the question in its heading."""
        if element.tag == "form":
            return self._is_most(element)
        return element.tag == "button" and self.of(element).in_question

    def _is_most_of_the_page(self, element: HtmlElement) -> bool:
        """Some sites name their outermost wrapper `sidebar` or the like."""
        return element.tag in ("div", "section") and self._is_most(element)

    def _is_most(self, element: HtmlElement) -> bool:
        return self.of(element).text > self._length / 2


def _is_hidden(element: HtmlElement) -> bool:
    return (
        element.get("hidden", "until-found") != "until-found"
        or element.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search(element.get("style", "")) is not None
    )
