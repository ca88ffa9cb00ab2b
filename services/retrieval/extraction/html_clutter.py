"""What on a web page is not its content: navigation, banners, scripts, forms."""

import re

from lxml.html import HtmlElement

_CLUTTER_TAGS = """
script style noscript template iframe object embed svg canvas nav footer form button select input textarea dialog audio
video map link meta head menu
"""
_CLUTTER_ROLES = """
navigation banner contentinfo search dialog alertdialog menu menubar toolbar complementary alert
"""
_TAGS = frozenset(_CLUTTER_TAGS.split())
_ROLES = frozenset(_CLUTTER_ROLES.split())
# Parts of class names and ids, between word boundaries or dashes.
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|ccpa|nav|navbar|navigation|menu|sidebar|breadcrumbs?|footer|masthead|"
    r"newsletter|subscribe|share|sharing|social|advert(?:isement)?s?|ads?|sponsor(?:ed)?|popup|modal|overlay|"
    r"skip-?(?:link|to-?content|nav)|pagination|pager|related-?(?:posts|articles|links)|toc|table-of-contents|"
    r"back-to-top|edit-?(?:page|link|this-page)|headerlink|anchor-?link|sr-only|visually-?hidden|print-?only)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_KEPT = frozenset(("html", "body", "main", "article"))
_SECTIONING = frozenset(("main", "article", "section"))

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt"))

_LINK_LIST_LINKS = 4
_LINK_SHARE = 0.75
_LINK_TEXT = 45


class Clutter:
    """Tells the clutter of one page."""

    def __init__(self, root: HtmlElement) -> None:
        self._length = _text_length(root)
        self._unfolded = {name for names in root.xpath("//@aria-controls") for name in names.split()}

    def __contains__(self, element: HtmlElement) -> bool:
        """Whether an element, with all that is in it, is no part of the page's content."""
        tag = element.tag
        if tag in _KEPT:
            return False
        if tag in _TAGS or element.get("role", "") in _ROLES:
            return not self._is_shown_after_all(element)
        if _is_hidden(element) and element.get("id", "") not in self._unfolded:
            return True
        if tag in ("header", "aside"):
            # A page's header is clutter, an article's holds its title; an aside in an article is a note.
            return not any(above.tag in _SECTIONING for above in element.iterancestors())
        names = f"{element.get('class', '')} {element.get('id', '')}"
        return bool(_NAMES.search(names)) and not self._is_most_of_the_page(element)

    def _is_shown_after_all(self, element: HtmlElement) -> bool:
        """Some pages are one form; and what unfolds an answer is a button with the question in its heading."""
        if element.tag == "form":
            return _text_length(element) > self._length / 2
        return element.tag == "button" and any(above.tag in _HEADINGS for above in element.iterancestors())

    def _is_most_of_the_page(self, element: HtmlElement) -> bool:
        """Some sites name their outermost wrapper `has-sidebar` or the like."""
        return element.tag in ("div", "section") and _text_length(element) > self._length / 2


def _is_hidden(element: HtmlElement) -> bool:
    return (
        element.get("hidden", "until-found") != "until-found"
        or element.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search(element.get("style", "")) is not None
    )


def is_link_list(element: HtmlElement) -> bool:
    """Whether a list or block is little more than links with short texts: a menu that does not say so."""
    if element.tag not in ("ul", "ol", "div"):
        return False
    links = element.findall(".//a")
    if len(links) < _LINK_LIST_LINKS or element.find(".//p") is not None:
        return False
    lengths = [_text_length(link) for link in links]
    return sum(lengths) >= _text_length(element) * _LINK_SHARE and sum(lengths) / len(links) < _LINK_TEXT


def _text_length(element: HtmlElement) -> int:
    return sum(len(text.strip()) for text in element.itertext())
