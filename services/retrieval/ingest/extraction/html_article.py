"""Pages of news and blogs: the text of the article, apart from what stands beside it."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from services.retrieval.ingest.extraction.html_measures import HEADINGS
from services.retrieval.ingest.extraction.html_page import HtmlPage

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_OF_WHAT = frozenset(["article", "artikel", "blog", "detail", "details", "entry", "news", "post", "single", "story"])
_TEXT = frozenset(["body", "content", "copy", "entry", "text"])
_NAMED_SHARE = 0.75
_UNNAMED_SHARE = 0.85
_NEARLY_ALL = 0.95
_LEAST_SHARE = 0.5
_PROSE = 50
_LEADS = 12
_NO_LEADS = frozenset(HEADINGS)


def article_parts(page: HtmlPage, content: HtmlElement) -> list[HtmlElement]:
    """The lead and the text of an article, which hold nearly all of the prose on the page.

    None of them where the page does not say that it is an article, and which part is its text.
    """
    blocks = list(_prose(page, content))
    inside = Counter[HtmlElement](dict(blocks))
    elements = list(content.iter(etree.Element))
    for element in reversed(elements[1:]):
        if element in inside:
            inside[element.getparent()] += inside[element]
    body = _named(elements, inside)
    if body is None and page.is_article:
        body = _unnamed(content, inside)
    if body is None or body is content or _own_text(page, body) < _own_text(page, content) * _LEAST_SHARE:
        return []
    return [*_leads(elements, body, blocks), body]


def _own_text(page: HtmlPage, element: HtmlElement) -> int:
    """How much text is shown that is no link."""
    own = 0
    walk = etree.iterwalk(element, events=("start",))
    for _, inner in walk:
        if inner is not element and not page.is_shown(inner):
            walk.skip_subtree()
        elif not page.measures_of(inner).holds_blocks:
            own += page.measures_of(inner).text - page.measures_of(inner).link_text
            walk.skip_subtree()
    return own


def _named(elements: list[HtmlElement], inside: Counter[HtmlElement]) -> HtmlElement | None:
    """The innermost element that is called the text of an article."""
    least = inside[elements[0]] * _NAMED_SHARE
    named = [one for one in elements if inside[one] >= least > 0 and _is_body(one)]
    most = max((inside[one] for one in named), default=0)
    return next((one for one in reversed(named) if inside[one] >= most * _NEARLY_ALL), None)


def _unnamed(content: HtmlElement, inside: Counter[HtmlElement]) -> HtmlElement:
    least = inside[content] * _UNNAMED_SHARE
    body = content
    while (inner := next((one for one in body if inside[one] >= least > 0), None)) is not None:
        body = inner
    return body


def _leads(elements: list[HtmlElement], body: HtmlElement, blocks: list[tuple[HtmlElement, int]]) -> list[HtmlElement]:
    """Paragraphs between the first heading and the text."""
    places = {element: place for place, element in enumerate(elements)}
    heading = next((places[one] for one in elements if one.tag in HEADINGS), -1)
    if heading > places[body]:
        heading = -1
    found = (lead for lead, _ in blocks if heading < places[lead] < places[body] and lead.tag not in _NO_LEADS)
    return list(islice(found, _LEADS))


def _prose(page: HtmlPage, content: HtmlElement) -> Iterator[tuple[HtmlElement, int]]:
    """Blocks of text with the length of what is outside links."""
    walk = etree.iterwalk(content, events=("start",))
    for _, element in walk:
        if element is not content and not page.is_shown(element):
            walk.skip_subtree()
            continue
        inside = page.measures_of(element)
        if not inside.holds_blocks:
            if inside.text - inside.link_text >= _PROSE:
                yield element, inside.text - inside.link_text
            walk.skip_subtree()


def _is_body(element: HtmlElement) -> bool:
    if "articleBody" in element.get("itemprop", "").split():
        return True
    for name in (*element.get("class", "").split(), element.get("id", "")):
        words = [word.lower() for word in _WORD.findall(name)]
        if words and words[-1] in _TEXT and _OF_WHAT.intersection(words[:-1]):
            return True
    return False
