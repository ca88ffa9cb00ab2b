"""Measures of what is in and around each element of a page, taken in two passes.

Asked for one by one, elements that are nested in each other would be gone through again and again.
"""

from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

HEADINGS = {f"h{level}": level for level in range(1, 7)}
_INLINE_TAGS = """
a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q rp rt ruby s samp small span strike
strong sub sup time tt u var wbr br img picture
"""
INLINE = frozenset(_INLINE_TAGS.split())
_UNSEEN_TAGS = "script style noscript template head iframe object svg select textarea"
_UNSEEN = frozenset(_UNSEEN_TAGS.split())
_SECTIONING = frozenset(("main", "article", "section"))
_QUESTIONS = frozenset((*HEADINGS, "summary", "dt"))
_ROW_PARTS = frozenset(("tr", "td", "th", "caption"))


@dataclass(slots=True)
class Measures:
    """`text` and `link_text` are characters that can be seen.

    `holds_blocks`: an element in it is not inline. `holds_rows`: it is or holds a row of a table. `nests_rows`: such a
    row stands within another. `in_section`, `in_question`: an element around it is a section, or a heading or the like.
    """

    text: int = 0
    links: int = 0
    link_text: int = 0
    first_heading: HtmlElement | None = None
    holds_blocks: bool = False
    holds_paragraphs: bool = False
    holds_rows: bool = False
    nests_rows: bool = False
    in_section: bool = False
    in_question: bool = False


def measure(root: HtmlElement) -> dict[HtmlElement, Measures]:
    """The measures of an element and all in it. Linear in their number."""
    measures: dict[HtmlElement, Measures] = {}
    elements = list(root.iter(etree.Element))
    for element in elements:
        own = measures[element] = Measures()
        parent = element.getparent()
        around = measures.get(parent)
        if parent is not None and around is not None:
            own.in_section = around.in_section or parent.tag in _SECTIONING
            own.in_question = around.in_question or parent.tag in _QUESTIONS
    for element in reversed(elements):
        _measure(element, measures)
    return measures


def _measure(element: HtmlElement, measures: dict[HtmlElement, Measures]) -> None:
    """The measures of an element whose children are measured."""
    own = measures[element]
    tag = element.tag
    own.text = _length(element.text)
    for child in element:
        own.text += _length(child.tail)
        inner = measures.get(child)
        if inner is None:
            continue
        own.text += inner.text
        own.links += inner.links
        own.link_text += inner.link_text
        own.first_heading = inner.first_heading if own.first_heading is None else own.first_heading
        own.holds_blocks |= inner.holds_blocks or child.tag not in INLINE
        own.holds_paragraphs |= inner.holds_paragraphs or child.tag == "p"
        own.holds_rows |= inner.holds_rows
        own.nests_rows |= inner.nests_rows or child.tag == "table" or (inner.holds_rows and tag in _ROW_PARTS)
    if tag in _UNSEEN:
        own.text = 0
    if tag == "a":
        own.links, own.link_text = 1, own.text
    if tag in HEADINGS:
        own.first_heading = element
    own.holds_rows |= tag == "tr"


def _length(text: str | None) -> int:
    return len(text.strip()) if text else 0
